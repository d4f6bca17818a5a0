// The functions of a broker: their settings and their permissions.
import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { BrokerState } from '#infra/aws/broker-state.ts';
import type { OriginSecret } from '#infra/aws/front/origin-secret.ts';
import { rights } from '#infra/aws/rights/rights.ts';
import { secretNamed } from '#infra/aws/rights/secret-permissions.ts';
import type { TokenBrokerProps } from '#infra/aws/token-broker-props.ts';
import type {
  AuthorizerEnvironment,
  FunctionVariables,
  OperatorTuningVariables,
  OperatorVariables,
} from '#shared/config/environment.ts';
import type { Config } from '#shared/config/schema.ts';
import type { FunctionName } from '../../functions.ts';
import { EndpointFunction, type Functions } from './endpoint-function.ts';
import { type Variables, variablesFor } from './variables.ts';

interface Parts {
  state: BrokerState;
  config: Config;
  props: TokenBrokerProps;
  origin: OriginSecret;
}

/** Children of `scope`. */
export function brokerFunctions(scope: Construct, parts: Parts): Functions {
  const { state, config, props, origin } = parts;
  const { broker, table, firstKeys, keyPolicy } = state;
  const make = maker(scope, parts);
  const json = (value: unknown) => Stack.of(scope).toJsonString(value);
  const known = {
    BFF_TABLE: table.tableName,
    BFF_DPOP_KEY: firstKeys.dpop.keyArn,
    BFF_ASSERTION_KEY: firstKeys.assertion.keyArn,
    POWERTOOLS_SERVICE_NAME: broker,
  } satisfies Record<Exclude<keyof FunctionVariables, 'BFF_CONFIG'>, string> &
    Record<string, string>;
  const common = variablesFor(scope, props.config, known);
  const keeper = (name: FunctionName, description: string, variables: Variables = common) =>
    make(name, description, variables)
      .keepsSessionsIn(table)
      .usesKeys(config.dpop.replicaRegions, Object.keys(props.keyTags ?? {}));
  // It calls no API.
  const lean = { ...props.config, routes: undefined, streaming: undefined };
  const made = {
    auth: keeper('auth', 'signs users in and out'),
    proxy: keeper('proxy', 'passes calls on with a DPoP proof'),
    ...(config.streaming && { stream: keeper('stream', 'passes streamed answers on') }),
    machine: keeper('machine', 'publishes keys, takes revocations'),
    keys: keeper(
      'keys',
      'rotates keys, ends sessions',
      variablesFor(scope, lean, {
        ...known,
        BFF_BROKER: broker,
        BFF_KEY_POLICY: json(keyPolicy),
        ...(props.keyTags && { BFF_KEY_TAGS: json(props.keyTags) }),
      } satisfies OperatorVariables & Partial<OperatorTuningVariables> & Record<string, string>),
    ),
    authorizer: make('authorizer', 'admits what came through CloudFront', {
      environment: {
        BFF_ORIGIN_SECRETS: origin.accepted.map(({ secretArn }) => secretArn).join(),
        POWERTOOLS_SERVICE_NAME: broker,
      } satisfies AuthorizerEnvironment & Record<string, string>,
    }),
  };
  for (const one of origin.accepted) {
    made.authorizer.readsSecret(one.secretArn, props.encryptionKey);
  }
  if (config.clientSecretArn) {
    const { clientSecretArn: arn } = config;
    const secret = Token.isUnresolved(arn) ? arn : secretNamed(arn);
    for (const [name, one] of Object.entries(made) as [FunctionName, EndpointFunction][]) {
      if (rights[name].clientSecret) one.readsSecret(secret);
    }
  }
  return made;
}

const maker =
  (scope: Construct, { state, props }: Parts) =>
  (name: FunctionName, description: string, variables: Variables): EndpointFunction => {
    const { vpc, vpcSubnets, securityGroups, encryptionKey, tracing } = props;
    return new EndpointFunction(scope, name[0]?.toUpperCase() + name.slice(1), {
      name,
      broker: state.broker,
      description: `${state.broker}: ${description}`,
      ...variables,
      reserves: props.reserveConcurrency ?? true,
      canary: props.canary === true && shifted.includes(name),
      logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...(vpc && { vpc }),
      ...(vpcSubnets && { vpcSubnets }),
      ...(securityGroups && { securityGroups }),
      ...(encryptionKey && { encryptionKey }),
      ...(tracing !== undefined && { tracing }),
      ...props.functions?.[name],
    });
  };

/** The functions that browsers and servers call. Their callers must always reach the newest version. */
const shifted: readonly FunctionName[] = ['auth', 'proxy', 'stream', 'machine'];
