// The access token: a JWT by RFC 9068 or in Okta's own shape, or whatever the issuer says about it (RFC 7662). A
// verified token is remembered for a short time by its hash; its times are checked with every request.
import type { Clock, Fetch } from '#core/ports.ts';
import { type BoundedCache, boundedCache } from './bounded-cache.ts';
import { introspected } from './introspection.ts';
import { jwtVerifier } from './jwt.ts';
import { Refusal } from './refusals.ts';
import type { CheckedSettings } from './settings.ts';

/** What the API may know of its caller. */
export interface Access {
  /** `sub`. Okta puts the login name there; `uid` in the claims is the user's id. */
  subject: string | undefined;
  /** `client_id`, or Okta's `cid`. */
  clientId: string | undefined;
  /** What was granted. */
  scopes: readonly string[];
  /** Epoch seconds. */
  expiresAt: number;
  /** Thumbprint of the key that it is bound to. */
  jkt: string | undefined;
  /** All claims of the token. */
  claims: Readonly<Record<string, unknown>>;
}

/** `hash`: that of the token, which is also `ath`. */
export type Tokens = (token: string, hash: string) => Promise<Access>;

/** How many tokens are remembered, and how long: a key that the issuer withdraws is accepted that much longer. */
const remembered = { most: 2_000, ms: 60_000 };

export function accessTokens(
  collaborators: { fetch: Fetch; clock: Clock },
  settings: CheckedSettings,
): Tokens {
  const { clock } = collaborators;
  const { introspection } = settings;
  const known: BoundedCache<Access> = boundedCache(collaborators, remembered.most);
  const ms = introspection ? (introspection.cacheSeconds ?? 0) * 1000 : remembered.ms;
  const claimsOf = introspection
    ? introspected(collaborators, introspection)
    : jwtVerifier(collaborators, settings);

  return async (token, hash) => {
    const before = known.get(hash);
    if (before) {
      checkTimes(before.claims, settings, clock);
      return before;
    }
    const claims = await claimsOf(token);
    checkAddressees(claims, settings);
    checkTimes(claims, settings, clock);
    // The next call with this token gets the same object.
    const access = frozen(accessIn(claims));
    if (ms > 0) known.set(hash, access, clock.now() + ms);
    return access;
  };
}

/** An introspection answer may leave them out (RFC 7662 section 2.2), but then it does not say that the token is for us. */
function checkAddressees(
  { iss, aud }: Claims,
  { issuer, audience, introspection }: CheckedSettings,
) {
  if (iss === undefined ? introspection === undefined : iss !== issuer) {
    throw new Refusal('token_issuer');
  }
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!named.some((one) => audience.includes(one as string))) throw new Refusal('token_audience');
}

function checkTimes({ exp, nbf, iat }: Claims, { skewSeconds }: CheckedSettings, clock: Clock) {
  const now = clock.now() / 1000;
  if (!isTime(exp)) throw new Refusal('token_claims');
  if (exp <= now - skewSeconds) throw new Refusal('token_expired');
  for (const start of [nbf, iat]) {
    if (start === undefined) continue;
    if (!isTime(start)) throw new Refusal('token_claims');
    if (start > now + skewSeconds) throw new Refusal('token_not_yet');
  }
}

export type Claims = Readonly<Record<string, unknown>>;

const isTime = (value: unknown): value is number => Number.isFinite(value);

function accessIn(claims: Claims): Access {
  const { sub, client_id, cid, scope, scp, exp } = claims;
  return {
    subject: text(sub),
    clientId: text(client_id) ?? text(cid),
    scopes: scopesIn(scope ?? scp),
    expiresAt: exp as number,
    jkt: jktIn(claims),
    claims,
  };
}

/** RFC 9449 section 6. A `cnf` without a thumbprint binds the token to something that cannot be confirmed here. */
function jktIn({ cnf }: Claims): string | undefined {
  if (cnf === undefined) return undefined;
  const jkt = typeof cnf === 'object' && cnf !== null ? (cnf as { jkt?: unknown }).jkt : undefined;
  if (typeof jkt !== 'string') throw new Refusal('token_claims');
  return jkt;
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const one of Object.values(value)) frozen(one);
  return Object.freeze(value);
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** One string with spaces (RFC 9068 section 2.2.3), or Okta's list. */
function scopesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'string' ? value.split(' ').filter((one) => one !== '') : [];
}
