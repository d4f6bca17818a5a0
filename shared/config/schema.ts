// The schema of the configuration: each field with its type, its default and the sentence for a wrong value.
import * as z from 'zod/mini';
import { lambdaMs, waitsMs } from '#core/limits.ts';
import type { ConfigInput } from './input.ts';
import { pageLook } from './page-look.ts';
import { mayBePassedOn } from './request-header-names.ts';
import { mayBePassedBack } from './response-header-names.ts';

export const isLoopback = (url: URL) =>
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

export const secureUrl = url((parsed) => {
  if (!isSecure(parsed)) return 'must be https (http only on this machine)';
  if (parsed.username || parsed.password) return 'must not contain credentials';
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

export const route = z.strictObject({
  path: z.string().check(
    z.regex(
      /^\/bff\/api(\/[A-Za-z0-9._~-]+)*(\/\*)?$/,
      'must begin with /bff/api and have plain segments; /* at the end matches everything below',
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
  timeoutMs: z._default(z.int().check(z.minimum(1), z.maximum(waitsMs.upstream)), waitsMs.upstream),
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

export const schema = z.strictObject({
  issuer: secureUrl,
  clientId: z
    .string()
    .check(
      z.regex(
        /^[\x21-\x7e]{1,255}$/,
        'must be 1 to 255 printable ASCII characters, without spaces',
      ),
    ),
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
  routes: z.optional(z.array(route).check(z.minLength(1, 'must name a route, or be left out'))),
  par: z._default(z.enum(['auto', 'require', 'never']), 'auto'),
  /** Default: `endpoint`. A refused revocation then tries the others. */
  assertionAudience: z.optional(z.enum(['endpoint', 'issuer', 'token_endpoint'])),
  trustedAudiences: z._default(z.array(z.string().check(z.minLength(1))), []),
  profile: z._default(z.enum(['okta', 'fapi2']), 'okta'),
  dpop: z.prefault(
    z.strictObject({
      keySpec: z._default(z.enum(['ECC_NIST_P256', 'RSA_2048']), 'ECC_NIST_P256'),
      required: z._default(
        z.literal(true, 'can only be true: tokens are never sent as Bearer'),
        true,
      ),
      rebindOnRefresh: z._default(z.boolean(), false),
      replicaRegions: z._default(z.array(region), []),
    }),
    {},
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
  session: z.prefault(
    z.strictObject({
      idleMinutes: z._default(z.number().check(z.positive(), z.maximum(60 * 24 * 30)), 30),
      absoluteHours: z._default(z.number().check(z.positive(), z.maximum(24 * 90)), 12),
      claims: z._default(z.array(z.string()), ['sub', 'name', 'email', 'preferred_username']),
      deviceBound: z._default(z.enum(['off', 'prefer', 'require']), 'off'),
    }),
    {},
  ),
  thirdPartyLogin: z._default(z.boolean(), false),
  logout: z.prefault(
    z.strictObject({ method: z._default(z.enum(['redirect', 'post']), 'redirect') }),
    {},
  ),
  pages: z.prefault(pageLook, {}),
  streaming: z._default(z.boolean(), false),
  /** What Lambda leaves after the longest stream is for its end. */
  streams: z.prefault(
    z.strictObject({
      maxSeconds: z._default(
        z.number().check(z.positive(), z.maximum(lambdaMs.stream / 1000 - 10)),
        840,
      ),
      checkSeconds: z._default(z.number().check(z.positive(), z.maximum(300)), 15),
      maxPerSession: z._default(z.int().check(z.minimum(1), z.maximum(100)), 8),
    }),
    {},
  ),
});

export const configFields = Object.keys(schema.shape);

export type Config = Omit<z.output<typeof schema>, 'routes'> & { routes: RouteConfig[] };
export type RouteConfig = z.output<typeof route> & { stream: boolean };

type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : never;
// The form that people write and the schema must have the same fields of the same types.
true satisfies Same<ConfigInput, z.input<typeof schema>>;
