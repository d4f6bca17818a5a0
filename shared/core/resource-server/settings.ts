// What the owner of an API decides. Everything wrong is named in one error, before any request.
import { type Alg, algs } from './algorithms.ts';

/** What the owner of an API decides. Wrong values are named in one error, before any request. */
export interface ApiSettings {
  /** Exactly as `iss` of its tokens. */
  issuer: string;
  /** `aud` of an access token must name one of them. */
  audience: string | readonly string[];
  /**
   * Where the world finds this API, such as `https://api.acme.com`; with a path if a proxy strips one. `htu` must
   * name one of them.
   */
  publicUrl?: string | readonly string[] | undefined;
  /** Takes the origin from the request instead. Only for an API whose Host header nobody can choose. Default: false. */
  trustHost?: boolean | undefined;
  /** `allow` is for migrations: it accepts Bearer tokens that are bound to no key. Default: `deny`. */
  bearer?: 'deny' | 'allow' | undefined;
  /** The algorithms that may sign proofs. */
  proofAlgs?: readonly Alg[] | undefined;
  /** How old a proof may be. Default: 60. */
  proofMaxAgeSeconds?: number | undefined;
  /** How far clocks may be apart, in both directions. Default: 30. */
  skewSeconds?: number | undefined;
  /**
   * The kinds of JWT that are access tokens: `at+jwt` (RFC 9068), `okta` (no `typ`, and the claims `cid` and `scp`).
   * `jwt` accepts every other JWT without a type of its own: only for an issuer whose ID tokens have other audiences.
   * Default: `at+jwt` and `okta`.
   */
  tokenTypes?: readonly TokenType[] | undefined;
  /** The algorithms that may sign access tokens. */
  tokenAlgs?: readonly Alg[] | undefined;
  /** By default the issuer's metadata (RFC 8414) names it. */
  jwksUri?: string | undefined;
  /** Asks the issuer about every token (RFC 7662) instead of reading it. */
  introspection?: Introspection | undefined;
}

/** A kind of JWT that is an access token; `tokenTypes` says what each is. */
export type TokenType = 'at+jwt' | 'okta' | 'jwt';

/** For opaque tokens: where to ask what they are (RFC 7662). */
export interface Introspection {
  /** The address of the introspection endpoint. */
  endpoint: string;
  /** Authenticates this API to the endpoint, anew for each call: headers, or parameters of the form. */
  authentication(): Promise<{
    headers?: Record<string, string>;
    parameters?: Record<string, string>;
  }>;
  /** How long an answer may serve. 0: a revoked token is refused at once. */
  cacheSeconds?: number | undefined;
}

export interface CheckedSettings {
  issuer: string;
  audience: readonly string[];
  /** Without a slash at the end. Empty: the request's own origin counts. */
  publicUrls: readonly string[];
  bearer: 'deny' | 'allow';
  proofAlgs: readonly Alg[];
  proofMaxAgeSeconds: number;
  skewSeconds: number;
  tokenTypes: readonly TokenType[];
  tokenAlgs: readonly Alg[];
  jwksUri: string | undefined;
  introspection: Introspection | undefined;
}

const tokenTypes: readonly TokenType[] = ['at+jwt', 'okta', 'jwt'];
const most = { proofMaxAgeSeconds: 3600, skewSeconds: 300 };

export function checkedSettings(given: ApiSettings): CheckedSettings {
  const publicUrls = listOf(given.publicUrl);
  const settings: CheckedSettings = {
    issuer: given.issuer,
    audience: listOf(given.audience),
    publicUrls: publicUrls.map((url) => (typeof url === 'string' ? url.replace(/\/+$/, '') : url)),
    bearer: given.bearer ?? 'deny',
    proofAlgs: given.proofAlgs ?? algs,
    proofMaxAgeSeconds: given.proofMaxAgeSeconds ?? 60,
    skewSeconds: given.skewSeconds ?? 30,
    tokenTypes: given.tokenTypes ?? ['at+jwt', 'okta'],
    tokenAlgs: given.tokenAlgs ?? algs,
    jwksUri: given.jwksUri,
    introspection: given.introspection,
  };
  const faults = faultsIn(settings, given.trustHost === true);
  if (faults.length > 0) throw new TypeError(`DPoP settings: ${faults.join('; ')}`);
  return settings;
}

function faultsIn(settings: CheckedSettings, trustHost: boolean): string[] {
  const faults: string[] = [];
  const need = (right: boolean, fault: string) => {
    if (!right) faults.push(fault);
  };
  const { audience, publicUrls, introspection } = settings;
  need(isUrl(settings.issuer), 'issuer must be an https URL');
  need(
    audience.length > 0 && audience.every((one) => typeof one === 'string' && one !== ''),
    'audience must name at least one audience',
  );
  need(
    trustHost !== publicUrls.length > 0,
    'give either publicUrl, where the world finds this API, or trustHost: true',
  );
  need(
    publicUrls.every((url) => isUrl(url) && !/[?#@]/.test(url)),
    'publicUrl must be an origin, or an origin and a path',
  );
  need(['deny', 'allow'].includes(settings.bearer), 'bearer must be deny or allow');
  for (const name of ['proofAlgs', 'tokenAlgs'] as const) {
    const list = settings[name];
    need(
      list.length > 0 && list.every((alg) => algs.includes(alg)),
      `${name} must be some of ${algs.join(', ')}`,
    );
  }
  need(
    settings.tokenTypes.length > 0 && settings.tokenTypes.every((one) => tokenTypes.includes(one)),
    `tokenTypes must be some of ${tokenTypes.join(', ')}`,
  );
  const { proofMaxAgeSeconds, skewSeconds } = settings;
  need(
    proofMaxAgeSeconds > 0 && proofMaxAgeSeconds <= most.proofMaxAgeSeconds,
    `proofMaxAgeSeconds must be from 1 to ${most.proofMaxAgeSeconds}`,
  );
  need(
    skewSeconds >= 0 && skewSeconds <= most.skewSeconds,
    `skewSeconds must be from 0 to ${most.skewSeconds}`,
  );
  if (settings.jwksUri !== undefined) need(isUrl(settings.jwksUri), 'jwksUri must be an https URL');
  if (introspection) {
    need(isUrl(introspection.endpoint), 'introspection.endpoint must be an https URL');
    need(
      typeof introspection.authentication === 'function',
      'introspection.authentication must be a function',
    );
    const { cacheSeconds = 0 } = introspection;
    need(
      cacheSeconds >= 0 && cacheSeconds <= 300,
      'introspection.cacheSeconds must be from 0 to 300',
    );
  }
  return faults;
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : (value ?? []);

/** https; http on this machine. */
function isUrl(text: unknown): boolean {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && loopback);
}
