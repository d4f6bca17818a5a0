// Switches for what can go wrong at Okta. They are set in process or over /__local/faults while everything runs.
import { base64url, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import type { ServerKeys } from '#infra/local/okta/server/keys.ts';

export const faultValues = {
  /**
   * The token endpoint. `…_after` does its work (rotates) first. `not_json` is a page with status 200; `empty`,
   * `cut_json` and `null_json` also have 200. `refused_empty` and `refused_page` are 400 and 403 without an OAuth
   * error.
   */
  token: [
    'rate_limited',
    'rate_limited_as_invalid_grant',
    'server_error',
    'unavailable',
    'not_json',
    'not_json_after',
    'empty',
    'cut_json',
    'null_json',
    'refused_empty',
    'refused_page',
    'invalid_grant',
    'drop_before',
    'drop_after',
    'bearer',
    'nonce_always',
    'nonce_missing',
    'no_refresh_token',
    'no_id_token',
  ],
  idToken: [
    'wrong_sub',
    'wrong_nonce',
    'no_nonce',
    'wrong_iss',
    'wrong_aud',
    'extra_aud',
    'extra_aud_azp',
    'wrong_azp',
    'wrong_at_hash',
    'no_auth_time',
    'stale_auth_time',
    'later_auth_time',
    'future_auth_time',
    'wrong_acr',
    'expired',
    'future_iat',
    'stale_iat',
    'empty_sub',
    'alg_none',
    'alg_hs256',
    'unknown_kid',
    'wrong_signature',
  ],
  metadata: [
    'wrong_issuer',
    'foreign_endpoint',
    'http_endpoint',
    'no_par',
    'no_dpop_algs',
    'other_dpop_algs',
    'iss_advertised',
    'unavailable',
    'not_json',
  ],
  keys: ['unavailable', 'rate_limited', 'drop_before', 'hang', 'not_json', 'malformed', 'none'],
  par: ['server_error', 'unavailable', 'invalid_request', 'drop_before', 'hang'],
  /** PAR also demands a nonce. */
  parNonce: ['demanded'],
  revoke: ['server_error', 'unavailable', 'drop_before', 'hang'],
  authorize: ['hostile_error', 'wrong_iss', 'no_iss', 'duplicate_code'],
  /** Okta's own APIs. */
  api: [
    'nonce_always',
    'nonce_rotating',
    'nonce_rfc',
    'invalid_token',
    'step_up',
    'step_up_rfc9470',
    'redirect',
    'rate_limited',
    'server_error',
    'drop_before',
    'hang',
    'cookies',
  ],
  /** The app's own API, the second resource server. */
  resource: [
    'nonce_always',
    'nonce_rotating',
    'invalid_token',
    'step_up',
    'redirect',
    'server_error',
    'drop_before',
    'hang',
  ],
  /** The embedded KMS and table, which are not part of Okta. */
  kms: ['unavailable', 'throttled', 'disabled', 'hang_up'],
  table: ['unavailable', 'throttled', 'hang_up'],
  /** Delays of every answer of the endpoint, in milliseconds. */
  tokenDelayMs: null,
  parDelayMs: null,
  revokeDelayMs: null,
  keysDelayMs: null,
  apiDelayMs: null,
  resourceDelayMs: null,
} as const;

export type FaultName = keyof typeof faultValues;

export interface OktaFault {
  value: string;
  /** How often it happens. By default, until it is cleared. */
  times?: number;
  /** Token endpoint and ID tokens: only for this grant type. */
  grantType?: string;
}

export interface Faults {
  set(name: FaultName, fault: string | number | OktaFault | undefined): void;
  clear(): void;
  list(): Partial<Record<FaultName, OktaFault>>;
  /** Returns the fault that happens now, if any, and counts it. */
  take(name: FaultName, grantType?: string): string | undefined;
  delay(name: FaultName): Promise<void>;
}

export function faultSwitches(): Faults {
  const active = new Map<FaultName, OktaFault>();

  const take = (name: FaultName, grantType?: string) => {
    const fault = active.get(name);
    if (!fault || (fault.grantType && fault.grantType !== grantType)) return undefined;
    if (fault.times !== undefined && --fault.times <= 0) active.delete(name);
    return fault.value;
  };

  return {
    set(name, input) {
      if (input === undefined) {
        active.delete(name);
        return;
      }
      const fault = typeof input === 'object' ? { ...input } : { value: String(input) };
      check(name, fault);
      active.set(name, fault);
    },
    clear: () => active.clear(),
    list: () => Object.fromEntries([...active].map(([name, fault]) => [name, { ...fault }])),
    take,
    async delay(name) {
      const delayMs = Number(take(name) ?? 0);
      if (delayMs > 0) await new Promise((done) => setTimeout(done, delayMs));
    },
  };
}

function check(name: FaultName, { value, times }: OktaFault): void {
  if (!Object.hasOwn(faultValues, name)) throw new TypeError(`there is no fault ${name}`);
  const values: readonly string[] | null = faultValues[name];
  const known = values ? values.includes(value) : /^\d+$/.test(value);
  if (!known)
    throw new TypeError(`${name} must be ${values?.join(', ') ?? 'a number of milliseconds'}`);
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) {
    throw new TypeError('times must be a whole number above 0');
  }
}

/** Returns the ID token as it is, or as the active fault makes it. */
export async function faultyIdToken(
  faults: Faults,
  grantType: string,
  idToken: string,
  keys: Pick<ServerKeys, 'published' | 'publishedEs256'>,
): Promise<string> {
  const fault = faults.take('idToken', grantType);
  if (!fault) return idToken;
  const published =
    decodeProtectedHeader(idToken).alg === 'ES256' ? keys.publishedEs256 : keys.published;
  const claims: Record<string, unknown> = { ...decodeJwt(idToken) };
  const header = { alg: published.alg, kid: published.kid };
  const sign = () => new SignJWT(claims).setProtectedHeader(header).sign(published.privateKey);
  const alter = idTokenAlterations[fault];
  if (alter) {
    alter(claims);
    return sign();
  }
  const unsecured = (alg: string) =>
    [{ ...header, alg }, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.');
  switch (fault) {
    case 'alg_none':
      return `${unsecured('none')}.`;
    case 'alg_hs256':
      return new SignJWT(claims)
        .setProtectedHeader({ ...header, alg: 'HS256' })
        .sign(new TextEncoder().encode(JSON.stringify(published.publicJwk)));
    case 'unknown_kid':
      return new SignJWT(claims)
        .setProtectedHeader({ alg: published.alg, kid: 'nobody-knows' })
        .sign(published.privateKey);
    default:
      // Signed with a key that is not published, under the published key's id.
      return new SignJWT(claims)
        .setProtectedHeader(header)
        .sign((await generateKeyPair(published.alg)).privateKey);
  }
}

const idTokenAlterations: Record<string, (claims: Record<string, unknown>) => void> = {
  wrong_sub: (claims) => {
    claims.sub = '00u9somebodyelse0000';
  },
  wrong_nonce: (claims) => {
    claims.nonce = 'another-nonce';
  },
  no_nonce: (claims) => {
    delete claims.nonce;
  },
  wrong_iss: (claims) => {
    claims.iss = `${claims.iss}/`;
  },
  wrong_aud: (claims) => {
    claims.aud = 'another-client';
  },
  extra_aud: (claims) => {
    claims.aud = [claims.aud, 'another-client'];
  },
  extra_aud_azp: (claims) => {
    claims.azp = claims.aud;
    claims.aud = [claims.aud, 'another-client'];
  },
  wrong_azp: (claims) => {
    claims.azp = 'another-client';
  },
  wrong_at_hash: (claims) => {
    claims.at_hash = 'AAAAAAAAAAAAAAAAAAAAAA';
  },
  no_auth_time: (claims) => {
    delete claims.auth_time;
  },
  stale_auth_time: (claims) => {
    claims.auth_time = Number(claims.iat) - 86_400;
  },
  later_auth_time: (claims) => {
    claims.auth_time = Number(claims.auth_time) + 6;
  },
  future_auth_time: (claims) => {
    claims.auth_time = Number(claims.iat) + 86_400;
  },
  wrong_acr: (claims) => {
    claims.acr = 'urn:okta:loa:1fa:any';
  },
  expired: (claims) => {
    claims.iat = Number(claims.iat) - 7200;
    claims.exp = Number(claims.iat) + 60;
  },
  future_iat: (claims) => {
    claims.iat = Number(claims.iat) + 3000;
  },
  stale_iat: (claims) => {
    claims.iat = Number(claims.iat) - 86_400;
  },
  empty_sub: (claims) => {
    claims.sub = '';
  },
};
