// Checks of an ID token that oauth4webapi does not make: OpenID Connect Core 3.1.3.6 to 3.1.3.8 and 12.2.
import { hash } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { IDToken, TokenEndpointResponse } from 'oauth4webapi';
import { type Broker, secondsNow } from '#core/broker.ts';
import { PlainError, words } from '#core/lib/plain.ts';
import type { Metadata } from './metadata.ts';
import { signatureAlgs } from './signature-algs.ts';

/** An answer that we must not use, and why. */
export class Untrusted extends PlainError {}

export const skewSeconds = 30;
/** How far a server's clock may be off. Beyond that, the times in its tokens mean nothing. */
const clocksApartSeconds = 300;

export interface ExpectedUser {
  subject: string;
  authTime?: number | undefined;
}

/** Makes every check that needs no key of the server: at a sign-in by its code, at a renewal for the session's user. */
export function checkClaims(
  broker: Broker,
  tokens: TokenEndpointResponse,
  claims: IDToken,
  expected: { code: string } | ExpectedUser,
): void {
  const isSignIn = 'code' in expected;
  if (claims.sub === '') throw new Untrusted(words`sub is empty`);
  checkAudience(claims, broker.config);
  checkTimes(claims, secondsNow(broker), isSignIn);
  checkHashes(tokens, claims, isSignIn ? expected.code : undefined);
  if (!isSignIn) checkSameUser(claims, expected);
}

/** Throws KeysUnavailable when the keys are not available, so that the token cannot be judged. */
export async function checkSignature(
  broker: Broker,
  metadata: Metadata,
  idToken: string,
): Promise<void> {
  await jwtVerify(idToken, broker.issuer.key, {
    algorithms: signatureAlgs(broker.config, metadata),
    issuer: broker.config.issuer,
    audience: broker.config.clientId,
    clockTolerance: skewSeconds,
    currentDate: new Date(broker.clock.now()),
  });
}

/**
 * Checks `aud` and `azp` (3.1.3.7): the token is for us and was issued to us; other audiences must be trusted by the
 * configuration.
 */
function checkAudience(
  { aud, azp }: IDToken,
  { clientId, trustedAudiences }: Broker['config'],
): void {
  const others = [aud].flat().filter((audience) => audience !== clientId);
  if (others.some((audience) => !trustedAudiences.includes(audience))) {
    throw new Untrusted(words`aud names others, see trustedAudiences`);
  }
  if (others.length > 0 && azp === undefined)
    throw new Untrusted(words`aud names others without azp`);
  if (azp !== undefined && azp !== clientId) throw new Untrusted(words`azp names another client`);
}

/**
 * Checks `iat` and `auth_time`: neither may be in the future, and a token that has the nonce of a sign-in was made
 * during it. Only `exp` limits the age of a refreshed one, because some servers send the first ID token again.
 */
function checkTimes({ iat, auth_time }: IDToken, now: number, isSignIn: boolean): void {
  if (Math.max(iat, auth_time ?? 0) > now + clocksApartSeconds) {
    throw new Untrusted(words`iat or auth_time is in the future`);
  }
  if (isSignIn && iat < now - clocksApartSeconds) throw new Untrusted(words`iat is long past`);
}

/**
 * Checks `at_hash` (3.1.3.8), and `c_hash` (3.3.2.11) at a sign-in. Both are optional: each is the left half of the hash
 * that belongs to the ID token's algorithm.
 */
function checkHashes(tokens: TokenEndpointResponse, claims: IDToken, code?: string): void {
  const { alg = '' } = decodeProtectedHeader(tokens.id_token ?? '');
  // Ed25519, by either of its names, hashes with SHA-512.
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? '512';
  const isOf = (claim: unknown, text: string) => {
    if (claim === undefined) return true;
    const digest = hash(`sha${bits}`, text, 'buffer');
    return claim === digest.subarray(0, digest.length / 2).toString('base64url');
  };
  if (!isOf(claims.at_hash, tokens.access_token)) {
    throw new Untrusted(words`at_hash does not match the access token`);
  }
  if (code !== undefined && !isOf(claims.c_hash, code)) {
    throw new Untrusted(words`c_hash does not match the code`);
  }
}

/**
 * By section 12.2, `auth_time` stays that of the first sign-in. Keycloak sends the newest of the user's single sign-on
 * instead: it moves forward when the same user signs in for another application, which is no reason to reject the
 * token.
 */
function checkSameUser(claims: IDToken, { subject, authTime }: ExpectedUser): void {
  if (claims.sub !== subject) throw new Untrusted(words`the refreshed ID token names another user`);
  if (authTime !== undefined && (claims.auth_time ?? authTime) < authTime) {
    throw new Untrusted(words`auth_time of the refreshed ID token is earlier`);
  }
}

/** `max_age` (3.1.3.7) limits how long before this sign-in the user may have been authenticated. */
export function isFresh(claims: IDToken, maxAge: number, startedAt: number): boolean {
  return claims.auth_time !== undefined && claims.auth_time >= startedAt - maxAge - skewSeconds;
}
