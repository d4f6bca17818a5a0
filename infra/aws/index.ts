// For other CDK apps (docs/deploy.md, "From your own CDK app").
export type { ApiAuthorizerInput } from '#shared/config/api-authorizer-input.ts';
export type { ConfigInput, RouteInput } from '#shared/config/input.ts';
export { BrokerState, type BrokerStateProps } from './broker-state.ts';
export type { Domain } from './front/edge.ts';
export { Firewall, type FirewallProps } from './front/firewall.ts';
export type { Throttle, Throttles } from './front/http-front.ts';
export type { FunctionSize } from './functions/endpoint-function.ts';
export type { Thresholds } from './operations/thresholds.ts';
export { DpopAuthorizer } from './own-api/dpop-authorizer.ts';
export type {
  AuthorizerAlarms,
  AuthorizerThresholds,
  DpopAuthorizerProps,
} from './own-api/dpop-authorizer-props.ts';
export type { Surroundings } from './surroundings.ts';
export { TokenBroker } from './token-broker.ts';
export type { AccessLogsInput, AlarmsInput, TokenBrokerProps } from './token-broker-props.ts';
