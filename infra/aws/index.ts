// For other CDK apps (docs/deploy.md, "From your own CDK app").
export type { ConfigInput, RouteInput } from '#shared/config/input.ts';
export { BrokerState, type BrokerStateProps } from './broker-state.ts';
export type { Domain } from './edge.ts';
export type { FunctionSize } from './endpoint-function.ts';
export { Firewall, type FirewallProps } from './firewall.ts';
export type { Throttle, Throttles } from './http-front.ts';
export type { Thresholds } from './operations/thresholds.ts';
export type { Surroundings } from './surroundings.ts';
export { TokenBroker } from './token-broker.ts';
export type { AccessLogsInput, AlarmsInput, TokenBrokerProps } from './token-broker-props.ts';
