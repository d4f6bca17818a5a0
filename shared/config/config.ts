// The configuration: one object and one schema, checked once before anything runs. One error names every wrong or
// unknown field.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { ConfigInput } from './input.ts';
import { isOwnMachine } from './own-machine.ts';
import { mayBePassedOn } from './request-header-names.ts';
import { mayBePassedBack } from './response-header-names.ts';

export type { ConfigInput };

const seconds = { minute: 60, hour: 3600 };

const isLoopback = (url: URL) =>
  ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) || url.hostname.endsWith('.localhost');

const isSecure = (url: URL) =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));

const url = (check: (url: URL) => string | undefined) =>
  z.string().check(
    z.superRefine((text, context) => {
      // Not URL.parse: other CDK apps may run on an early Node 20, which lacks it.
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      const fault = parsed ? check(parsed) : 'must be an absolute URL';
      if (fault) context.addIssue({ code: 'custom', message: fault });
    }),
  );

const secureUrl = url((parsed) => {
  if (!isSecure(parsed)) return 'must be https (http only on this machine)';
  if (parsed.username || parsed.password) return 'must not hold credentials';
  if (parsed.search || parsed.hash) return 'must have no query and no fragment';
  return undefined;
});

/** As browsers write it, whatever the input looked like: it is compared with what they send. */
const origin = z.pipe(
  url((parsed) => {
    if (!isSecure(parsed)) return 'must be https (http only on this machine)';
    return parsed.pathname === '/' && !parsed.search && !parsed.hash && !parsed.username
      ? undefined
      : 'must be an origin: scheme, host and port only';
  }),
  z.transform((text) => new URL(text).origin),
);

const token = z.string().check(z.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be a single word'));
const region = z
  .string()
  .check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region, for example eu-west-1'));
const headerName = z.pipe(
  z.string().check(z.regex(/^[A-Za-z0-9!#$%&'*+.^`|~-]+$/, 'must be a header name')),
  z.transform((name) => name.toLowerCase()),
);

const headersThat = (mayPass: (name: string) => boolean, otherwise: string) =>
  z._default(z.array(headerName.check(z.refine(mayPass, otherwise))), []);
const requestHeaders = headersThat(mayBePassedOn, 'is never passed on');
const responseHeaders = headersThat(
  mayBePassedBack,
  'is never passed back: a browser, a cache or the broker’s client acts on it',
);

// Such paths are refused before any denial is checked: the pattern would deny nothing, but look as if it did.
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const unmatchable = /%[0-9a-f]{2}|[?#\\\u0000-\u001f\u007f]|\/\/|\/\.\.?(\/|$)/i;
const unmatched = 'can match no path: write it decoded and plain';

const route = z.strictObject({
  path: z.string().check(
    z.regex(
      /^\/bff\/api(\/[A-Za-z0-9._~-]+)*(\/\*)?$/,
      'must begin with /bff/api, of plain segments, with /* at the end for everything below',
    ),
    z.refine((path) => !/\/\.\.?(\/|$)/.test(path), 'must have no dot segments'),
  ),
  upstream: secureUrl,
  methods: z._default(
    z
      .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']))
      .check(z.minLength(1, 'must name at least one method')),
    ['GET', 'HEAD'],
  ),
  deny: z.optional(
    z.array(
      z.string().check(
        z.regex(/^[/*]/, 'must begin with / or *'),
        z.refine((pattern) => !unmatchable.test(pattern), unmatched),
      ),
    ),
  ),
  /** Opens paths that are otherwise denied because they hold secrets (core/proxy/denials.ts). */
  allowSecrets: z._default(z.boolean(), false),
  timeoutMs: z._default(z.int().check(z.minimum(1), z.maximum(25_000)), 25_000),
  token: z._default(z.enum(['dpop', 'none']), 'dpop'),
  requestHeaders,
  responseHeaders,
  wholeHost: z._default(z.boolean(), false),
  /** RFC 8707: the API needs an access token of its own. */
  resource: z.optional(secureUrl),
  /** The API needs an access token with exactly these scopes. */
  scopes: z.optional(z.array(token).check(z.minLength(1))),
  /** Lets `<a href download>` use this route: GET, from this application's own pages. */
  navigable: z._default(z.boolean(), false),
  /** Rewrites absolute upstream URLs in JSON bodies. */
  rewriteLinks: z._default(z.boolean(), false),
  /** Goes through the streaming front. By default it does when there is one. */
  stream: z.optional(z.boolean()),
});

const schema = z.strictObject({
  issuer: secureUrl,
  clientId: z
    .string()
    .check(z.regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable characters')),
  clientAuth: z._default(
    z.enum(['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'none']),
    'private_key_jwt',
  ),
  clientSecretArn: z.optional(z.string().check(z.minLength(1))),
  clientSecret: z.optional(z.string().check(z.minLength(1))),
  scopes: z._default(
    z.array(token).check(z.refine((s) => s.includes('openid'), 'must include openid')),
    ['openid', 'profile', 'email', 'offline_access'],
  ),
  publicOrigin: origin,
  routes: z.optional(z.array(route).check(z.minLength(1, 'must hold a route, or be left out'))),
  par: z._default(z.enum(['auto', 'require', 'never']), 'auto'),
  /** Default: `endpoint`. A refused revocation then tries the others. */
  assertionAudience: z.optional(z.enum(['endpoint', 'issuer', 'token_endpoint'])),
  trustedAudiences: z._default(z.array(z.string().check(z.minLength(1))), []),
  profile: z._default(z.enum(['okta', 'fapi2']), 'okta'),
  dpop: z._default(
    z.strictObject({
      keySpec: z._default(z.enum(['ECC_NIST_P256', 'RSA_2048']), 'ECC_NIST_P256'),
      required: z._default(
        z.literal(true, 'can only be true: tokens are never sent as Bearer'),
        true,
      ),
      rebindOnRefresh: z._default(z.boolean(), false),
      replicaRegions: z._default(z.array(region), []),
    }),
    { keySpec: 'ECC_NIST_P256', required: true, rebindOnRefresh: false, replicaRegions: [] },
  ),
  /** On the schedule of a deployment. An operator can still rotate them at any time. */
  keyRotation: z.optional(
    z.strictObject({
      everyDays: z
        .int()
        .check(
          z.minimum(1, 'must be at least 1 day'),
          z.maximum(3650, 'must be at most 3650 days'),
        ),
      /** Disables and deletes keys that no session needs any more. */
      retire: z._default(z.boolean(), true),
    }),
  ),
  session: z._default(
    z.strictObject({
      idleMinutes: z._default(z.number().check(z.positive(), z.maximum(60 * 24 * 30)), 30),
      absoluteHours: z._default(z.number().check(z.positive(), z.maximum(24 * 90)), 12),
      claims: z._default(z.array(z.string()), ['sub', 'name', 'email', 'preferred_username']),
    }),
    {
      idleMinutes: 30,
      absoluteHours: 12,
      claims: ['sub', 'name', 'email', 'preferred_username'],
    },
  ),
  thirdPartyLogin: z._default(z.boolean(), false),
  logout: z._default(
    z.strictObject({ method: z._default(z.enum(['redirect', 'post']), 'redirect') }),
    { method: 'redirect' },
  ),
  streaming: z._default(z.boolean(), false),
  /** Lambda ends every event after 900 seconds. */
  streams: z._default(
    z.strictObject({
      maxSeconds: z._default(z.number().check(z.positive(), z.maximum(890)), 840),
      checkSeconds: z._default(z.number().check(z.positive(), z.maximum(300)), 15),
      maxPerSession: z._default(z.int().check(z.minimum(1), z.maximum(100)), 8),
    }),
    { maxSeconds: 840, checkSeconds: 15, maxPerSession: 8 },
  ),
});

export const configFields = Object.keys(schema.shape);

export type Config = Omit<z.output<typeof schema>, 'routes'> & { routes: Route[] };
export type Route = z.output<typeof route> & { stream: boolean };

type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : never;
// The form that people write and the schema must have the same fields of the same types.
true satisfies Same<ConfigInput, z.input<typeof schema>>;

/**
 * Where a configuration is used. A secret in the clear and addresses of this machine are allowed on this machine only.
 * A stack on an AWS emulator also runs here.
 */
export type Place = 'local' | 'deployed' | 'emulated';

/** Where a stack is deployed: to an emulator when AWS_ENDPOINT_URL says that AWS is on this machine. */
export function placeOfDeployment(
  { AWS_ENDPOINT_URL: endpoint }: Record<string, string | undefined> = process.env,
): Exclude<Place, 'local'> {
  const url = endpoint && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url && isLoopback(url) ? 'emulated' : 'deployed';
}

export class ConfigError extends Error {
  readonly faults: string[];
  constructor(faults: string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

export function parseConfig(input: unknown, place: Place): Config {
  const fapi = isObject(input) && input.profile === 'fapi2';
  const defaults = fapi ? { par: 'require', assertionAudience: 'issuer' } : {};
  const given = isObject(input) ? { ...defaults, ...input } : input;
  const result = schema.safeParse(given);
  if (!result.success) {
    const { issues } = result.error;
    throw new ConfigError([
      ...issues.flatMap((issue) => describe(issue, given)),
      ...(isObject(given) ? contradictionsBeside(issues, given, place) : []),
    ]);
  }
  const config = result.data;
  const faults = [...contradictions(config, place)];
  if (faults.length > 0) throw new ConfigError(faults);
  const routes = config.routes?.map((route) => ({ ...route, stream: streams(route, config) }));
  return { ...config, routes: routes ?? [oktaApi(config.issuer)] };
}

/** Links can be rewritten only in a complete body. */
const streams = (
  { stream, rewriteLinks }: z.output<typeof route>,
  { streaming }: { streaming: boolean },
): boolean => stream ?? (streaming && !rewriteLinks);

/** Reports contradictions between the valid fields too, so that one error names everything. */
function contradictionsBeside(
  issues: z.core.$ZodIssue[],
  given: Record<string, unknown>,
  place: Place,
): string[] {
  const wrong = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [issue.path[0]],
    ),
  );
  const sound = Object.entries(given).filter(([name]) => !wrong.has(name));
  const stand = {
    issuer: 'https://issuer.invalid',
    clientId: '-',
    publicOrigin: 'https://app.invalid',
  };
  const result = schema.safeParse({ ...stand, ...Object.fromEntries(sound) });
  return result.success ? [...contradictions(result.data, place)] : [];
}

function* contradictions(config: z.output<typeof schema>, place: Place): Iterable<string> {
  if (place === 'deployed') yield* ownMachines(config);
  const secret = config.clientAuth.startsWith('client_secret');
  if (!secret && config.clientSecretArn)
    yield 'clientSecretArn: only with a client_secret_* clientAuth';
  if (!secret && config.clientSecret) yield 'clientSecret: only with a client_secret_* clientAuth';
  if (place !== 'local' && config.clientSecret) {
    yield 'clientSecret: never in a deployed configuration; store it in Secrets Manager and give clientSecretArn';
  }
  if (secret && !config.clientSecretArn && !(place === 'local' && config.clientSecret)) {
    yield `clientSecretArn: needed with clientAuth ${config.clientAuth}`;
  }
  if (config.clientSecret && config.clientSecretArn)
    yield 'clientSecret: not together with clientSecretArn';
  if (config.profile === 'fapi2') {
    if (config.clientAuth !== 'private_key_jwt')
      yield 'clientAuth: profile fapi2 needs private_key_jwt';
    if (config.par !== 'require') yield 'par: profile fapi2 needs require';
    if (config.assertionAudience !== 'issuer')
      yield 'assertionAudience: profile fapi2 needs issuer';
    if (config.dpop.keySpec !== 'ECC_NIST_P256')
      yield 'dpop.keySpec: profile fapi2 needs ECC_NIST_P256';
  }
  if (config.dpop.rebindOnRefresh && config.clientAuth === 'none') {
    yield 'dpop.rebindOnRefresh: only for confidential clients, not with clientAuth none';
  }
  if (config.session.idleMinutes * seconds.minute > config.session.absoluteHours * seconds.hour) {
    yield 'session.idleMinutes: longer than session.absoluteHours';
  }
  const paths = new Set<string>();
  for (const [index, { path, upstream, wholeHost, stream, navigable, methods, token, ...own }] of (
    config.routes ?? []
  ).entries()) {
    const at = `routes[${index}]`;
    if (paths.has(path)) yield `${at}.path: ${path} is listed twice`;
    paths.add(path);
    if (new URL(upstream).pathname === '/' && !wholeHost) {
      yield `${at}.upstream: needs a path, or "wholeHost": true to open the whole host`;
    }
    if (stream && !config.streaming) yield `${at}.stream: needs "streaming": true`;
    if (stream && own.rewriteLinks) {
      yield `${at}.rewriteLinks: contradicts stream, whose bodies pass as they come`;
    }
    if (navigable && !methods.includes('GET')) yield `${at}.navigable: only for a route with GET`;
    if (token === 'none' && (own.resource || own.scopes)) {
      yield `${at}.token: "none" contradicts resource and scopes`;
    }
  }
}

function* ownMachines({
  issuer,
  publicOrigin,
  routes = [],
}: z.output<typeof schema>): Iterable<string> {
  const named: [field: string, url: string][] = [
    ['issuer', issuer],
    ['publicOrigin', publicOrigin],
    ...routes.map(({ upstream }, at): [string, string] => [`routes[${at}].upstream`, upstream]),
  ];
  for (const [field, url] of named) {
    if (!isOwnMachine(new URL(url))) continue;
    yield `${field}: is an address of the machine itself, which in AWS is the function's own`;
  }
}

/** Okta's own API, read-only. core/proxy/denials.ts denies more of it. */
function oktaApi(issuer: string): Route {
  const okta = route.parse({
    path: '/bff/api/v1/*',
    upstream: `${new URL(issuer).origin}/api/v1`,
    methods: ['GET', 'HEAD'],
  });
  return { ...okta, stream: false };
}

function describe(issue: z.core.$ZodIssue, given: unknown): string[] {
  const at = issue.path.map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  const field = at.join('').replace(/^\./, '') || 'configuration';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        field === 'configuration' ? `${key}: unknown field` : `${field}.${key}: unknown field`,
      );
    case 'invalid_type':
      return [
        `${field}: ${valueAt(given, issue.path) === undefined ? 'is missing, ' : ''}must be ${an(issue.expected)}`,
      ];
    case 'invalid_value':
      return [`${field}: ${saying(issue, `must be ${issue.values.join(' or ')}`)}`];
    case 'too_small':
      return [
        `${field}: ${saying(issue, `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`)}`,
      ];
    case 'too_big':
      return [`${field}: ${saying(issue, `must be at most ${issue.maximum}`)}`];
    default:
      return [`${field}: ${saying(issue, 'is malformed')}`];
  }
}

const valueAt = (given: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    given,
  );

/** The mini schema library has no messages of its own: use ours where we wrote one. */
const saying = ({ message }: z.core.$ZodIssue, otherwise: string) =>
  message === 'Invalid input' ? otherwise : message;

const an = (expected: string) =>
  ({ array: 'a list', object: 'an object', int: 'a whole number', boolean: 'true or false' })[
    expected
  ] ?? `a ${expected}`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a function finds in its environment. The gateway and the stack set it, checked by this type. */
export interface Environment {
  /** The configuration above, as JSON. */
  BFF_CONFIG: string;
  BFF_TABLE: string;
  /** The keys of the first deployment. The key ring in the table takes precedence. */
  BFF_DPOP_KEY: string;
  BFF_ASSERTION_KEY: string;
}

/** Optional variables. */
export interface TuningEnvironment {
  /** The file beside the code that holds the configuration's routes when they are too long for the environment. */
  BFF_ROUTES_FILE: string;
  /** How long an environment uses what it read of the key ring. Default: 30. Maximum: 60. */
  BFF_KEY_RING_SECONDS: string;
}

export interface Settings {
  config: Config;
  table: string;
  firstKeys: { dpop: string; assertion: string };
  keyRingSeconds: number;
}

export function readEnvironment(env: Record<string, string | undefined> = process.env): Settings {
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

type LeanService = 'dynamodb' | 'kms' | 'secretsmanager';

/** How a function reaches AWS without the SDK. Lambda sets these variables; stand-ins set AWS_ENDPOINT_URL_*. */
export interface LeanAwsSettings {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  endpoints: Record<LeanService, string>;
}

/** Returns undefined when the SDK makes these calls too: with BFF_AWS_CLIENT=sdk, and where only the SDK knows how. */
export function readLeanAws(
  env: Record<string, string | undefined> = process.env,
  region = env.AWS_REGION ?? '',
): LeanAwsSettings | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = env;
  const special = [env.AWS_USE_FIPS_ENDPOINT, env.AWS_USE_DUALSTACK_ENDPOINT].includes('true');
  // Other partitions have other host names.
  const known = /^(us(-gov)?|ca|mx|sa|eu|af|me|il|ap)-[a-z]+-\d$/.test(region);
  if (env.BFF_AWS_CLIENT === 'sdk' || !id || !secret || special || !known) return undefined;
  const endpoint = (service: LeanService, variable: string = service) =>
    env[`AWS_ENDPOINT_URL_${variable.toUpperCase()}`] ||
    env.AWS_ENDPOINT_URL ||
    `https://${service}.${region}.amazonaws.com`;
  return {
    region,
    credentials: {
      accessKeyId: id,
      secretAccessKey: secret,
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    },
    endpoints: {
      dynamodb: endpoint('dynamodb'),
      kms: endpoint('kms'),
      secretsmanager: endpoint('secretsmanager', 'secrets_manager'),
    },
  };
}

/** Tells brokers apart in logs and metrics. The variable is Powertools' own. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME ?? 'bff';

/** Lambda sets it for every event. */
export const xrayTraceId = (): string | undefined =>
  /^Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1];

/** What the operator function finds in addition. */
export interface OperatorEnvironment {
  /** The prefix of its keys' aliases (`alias/<broker>/…`), and the value of their tag `bff-broker`. */
  BFF_BROKER: string;
  /** The policy of every key that it makes, as JSON for CreateKey and ReplicateKey. */
  BFF_KEY_POLICY: string;
}

/** Optional variables. */
export interface OperatorTuning {
  /** More tags for every key that it makes, as a JSON object. */
  BFF_KEY_TAGS: string;
}

export interface OperatorSettings extends Settings {
  broker: string;
  keyPolicy: string;
  keyTags: Record<string, string>;
}

export function readOperatorEnvironment(
  env: Record<string, string | undefined> = process.env,
): OperatorSettings {
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
