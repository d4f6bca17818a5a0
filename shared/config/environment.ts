// What a function finds in its environment: the variables that the stack and the local gateway set.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiAuthorizerConfig, parseApiAuthorizer } from './api-authorizer.ts';
import type { ConfigPlace } from './contradictions.ts';
import { ConfigError } from './faults.ts';
import { parseConfig } from './parse.ts';
import { type Config, isLoopback } from './schema.ts';

/** The gateway and the stack set these variables, checked by this type. */
export interface FunctionVariables {
  /** The configuration (input.ts), as JSON. */
  BFF_CONFIG: string;
  BFF_TABLE: string;
  /** The keys of the first deployment. The key ring in the table takes precedence. */
  BFF_DPOP_KEY: string;
  BFF_ASSERTION_KEY: string;
}

/** Optional variables. */
export interface TuningVariables {
  /** The file beside the code that holds the configuration's routes when they are too long for the environment. */
  BFF_ROUTES_FILE: string;
  /** How long an environment uses what it read of the key ring. Default: 30. Maximum: 60. */
  BFF_KEY_RING_SECONDS: string;
}

export interface FunctionSettings {
  config: Config;
  table: string;
  firstKeys: { dpop: string; assertion: string };
  keyRingSeconds: number;
}

export function readEnvironment(
  env: Record<string, string | undefined> = process.env,
): FunctionSettings {
  const names = ['BFF_CONFIG', 'BFF_TABLE', 'BFF_DPOP_KEY', 'BFF_ASSERTION_KEY'] as const;
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) throw new ConfigError(missing.map((name) => `${name}: not set`));
  return {
    // Where it may be used was checked at synth or start: a function accepts what it was given.
    config: parseConfig(configIn(env), 'local'),
    table: env.BFF_TABLE ?? '',
    firstKeys: { dpop: env.BFF_DPOP_KEY ?? '', assertion: env.BFF_ASSERTION_KEY ?? '' },
    keyRingSeconds: keyRingSeconds(env.BFF_KEY_RING_SECONDS),
  };
}

/** Read once, when an environment starts. A missing file ends the environment. */
function configIn(env: Record<string, string | undefined>): unknown {
  const config = JSON.parse(env.BFF_CONFIG ?? '');
  if (!env.BFF_ROUTES_FILE) return config;
  const file = join(env.LAMBDA_TASK_ROOT ?? '.', env.BFF_ROUTES_FILE);
  return { ...config, routes: JSON.parse(readFileSync(file, 'utf8')) };
}

function keyRingSeconds(text = '30'): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 60) return seconds;
  throw new ConfigError(['BFF_KEY_RING_SECONDS: must be more than 0 and at most 60']);
}

/** Tells brokers apart in logs and metrics. The variable is Powertools' own. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME ?? 'bff';

/** Lambda sets it for every event. */
export const xrayTraceId = (): string | undefined =>
  /^Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1];

/** What the operator function finds in addition. */
export interface OperatorVariables {
  /** The prefix of its keys' aliases (`alias/<broker>/…`), and the value of their tag `bff-broker`. */
  BFF_BROKER: string;
  /** The policy of every key that it makes, as JSON for CreateKey and ReplicateKey. */
  BFF_KEY_POLICY: string;
}

/** Optional variables. */
export interface OperatorTuningVariables {
  /** More tags for every key that it makes, as a JSON object. */
  BFF_KEY_TAGS: string;
}

export interface OperatorFunctionSettings extends FunctionSettings {
  broker: string;
  keyPolicy: string;
  keyTags: Record<string, string>;
}

export function readOperatorEnvironment(
  env: Record<string, string | undefined> = process.env,
): OperatorFunctionSettings {
  const settings = readEnvironment(env);
  if (!env.BFF_BROKER) throw new ConfigError(['BFF_BROKER: not set']);
  // Without a policy KMS uses its default, which is fine for a stand-in. The stack always sets one.
  return {
    ...settings,
    broker: env.BFF_BROKER,
    keyPolicy: env.BFF_KEY_POLICY ?? '',
    keyTags: JSON.parse(env.BFF_KEY_TAGS ?? '{}'),
  };
}

/** The header by which CloudFront proves itself. CloudFront replaces what a browser sends under this name. */
export const originHeader = 'x-bff-origin';

/** What the authorizer finds in its environment. */
export interface AuthorizerEnvironment {
  /** ARNs of the secrets by which CloudFront may prove itself, separated by commas. */
  BFF_ORIGIN_SECRETS: string;
}

export function readAuthorizerEnvironment(
  env: Record<string, string | undefined> = process.env,
): string[] {
  if (!env.BFF_ORIGIN_SECRETS) throw new ConfigError(['BFF_ORIGIN_SECRETS: not set']);
  return env.BFF_ORIGIN_SECRETS.split(',');
}

/** Where a stack is deployed: to an emulator when AWS_ENDPOINT_URL says that AWS is on this machine. */
export function placeOfDeployment(
  { AWS_ENDPOINT_URL: endpoint }: Record<string, string | undefined> = process.env,
): Exclude<ConfigPlace, 'local'> {
  const url = endpoint && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url && isLoopback(url) ? 'emulated' : 'deployed';
}

/** What the authorizer of an API finds in its environment. */
export interface ApiAuthorizerEnvironment {
  /** Its configuration, as JSON. */
  BFF_API: string;
  /** With `replay: 'table'`. */
  BFF_REPLAY_TABLE: string;
  /** The ARN of the HMAC key of its nonces, unless there are none. */
  BFF_NONCE_KEY: string;
}

export interface ApiAuthorizerSettings {
  api: ApiAuthorizerConfig;
  replayTable: string | undefined;
  nonceKey: string | undefined;
}

export function readApiAuthorizerEnvironment(
  env: Record<string, string | undefined> = process.env,
): ApiAuthorizerSettings {
  if (!env.BFF_API) throw new ConfigError(['BFF_API: not set']);
  const api = parseApiAuthorizer(JSON.parse(env.BFF_API));
  const { BFF_REPLAY_TABLE: replayTable, BFF_NONCE_KEY: nonceKey } = env;
  const missing = [
    ...(api.replay === 'table' && !replayTable ? ['BFF_REPLAY_TABLE: not set'] : []),
    ...(api.nonces !== 'none' && !nonceKey ? ['BFF_NONCE_KEY: not set'] : []),
  ];
  if (missing.length > 0) throw new ConfigError(missing);
  return { api, replayTable, nonceKey };
}
