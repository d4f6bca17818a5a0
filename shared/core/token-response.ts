// Judges a token response: RFC 6749 section 5, RFC 9449 section 5, OpenID Connect Core 3.1.3 and 12.2.
// The claims are checked by oauth4webapi, the signature by jose; the rest of the rules are here.
import { hash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import {
  type Client,
  clockTolerance,
  getValidatedIdTokenClaims,
  type IDToken,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  skipAuthTimeCheck,
  type TokenEndpointResponse,
} from 'oauth4webapi';
import { type Answer, oauthError } from './back-channel.ts';
import { type Broker, secondsNow } from './broker.ts';
import type { Metadata } from './metadata.ts';
import type { Revocable } from './revoke.ts';

export const skewSeconds = 30;
/** How far the clock of a server may be off before what it says of times is no use. */
const clocksApartSeconds = 300;

export const signatureAlgs = [
  'RS256',
  'PS256',
  'ES256',
  'RS384',
  'RS512',
  'ES384',
  'ES512',
  'EdDSA',
];

export interface JudgedTokens {
  accessToken: string;
  expiresIn: number;
  scope?: string | undefined;
  refreshToken?: string | undefined;
  idToken?: string | undefined;
  claims?: IDToken | undefined;
}

export type TokenOutcome =
  | { kind: 'tokens'; tokens: JudgedTokens }
  /** The server said no: an OAuth error. */
  | { kind: 'refused'; error: string }
  /** Nothing was decided: 429, 5xx, no answer. What we held before still counts. */
  | { kind: 'unavailable'; status: number }
  /** An answer that we must not use. What it holds is revoked, not stored. */
  | { kind: 'untrusted'; reason: string; revoke: Revocable };

export type Expected =
  | { grant: 'authorization_code'; jkt: string; nonce: string }
  | { grant: 'refresh_token'; jkt: string; subject: string; authTime?: number | undefined };

export async function judgeTokenResponse(
  broker: Broker,
  metadata: Metadata,
  answer: Answer,
  expected: Expected,
): Promise<TokenOutcome> {
  // By status first: Okta labels some of its 429 answers invalid_grant.
  if (answer.status === 429 || answer.status >= 500) {
    return { kind: 'unavailable', status: answer.status };
  }
  if (answer.status !== 200) {
    const error = oauthError(answer.text);
    return error === undefined
      ? { kind: 'unavailable', status: answer.status }
      : { kind: 'refused', error };
  }
  try {
    return { kind: 'tokens', tokens: await judge(broker, metadata, answer, expected) };
  } catch (fault) {
    return { kind: 'untrusted', reason: reasonOf(fault), revoke: tokensIn(answer.text) };
  }
}

class Untrusted extends Error {}

async function judge(
  broker: Broker,
  metadata: Metadata,
  answer: Answer,
  expected: Expected,
): Promise<JudgedTokens> {
  const client: Client = { client_id: broker.config.clientId, [clockTolerance]: skewSeconds };
  const response = new Response(answer.text, {
    status: 200,
    headers: { 'content-type': answer.headers.get('content-type') ?? '' },
  });
  const recognizedTokenTypes = {
    bearer: () => {
      throw new Untrusted('token_type is bearer, not DPoP');
    },
  };
  const as = withSignatureAlgs(metadata);
  const tokens =
    expected.grant === 'authorization_code'
      ? await processAuthorizationCodeResponse(as, client, response, {
          expectedNonce: expected.nonce,
          requireIdToken: true,
          maxAge: skipAuthTimeCheck,
          recognizedTokenTypes,
        })
      : await processRefreshTokenResponse(as, client, response, { recognizedTokenTypes });
  const claims = getValidatedIdTokenClaims(tokens);
  if (tokens.id_token && claims) {
    await checkSignature(broker, tokens.id_token);
    if (claims.sub === '') throw new Untrusted('sub is empty');
    checkAudience(claims, broker.config.clientId);
    checkTimes(claims, secondsNow(broker), expected.grant);
    checkAccessTokenHash(tokens, claims);
    if (expected.grant === 'refresh_token') checkSameUser(claims, expected);
  }
  checkBinding(broker.config.issuer, tokens.access_token, expected.jkt);
  return {
    accessToken: tokens.access_token,
    expiresIn: tokens.expires_in ?? 300,
    scope: tokens.scope,
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    claims,
  };
}

/**
 * oauth4webapi takes RS256 for granted unless the metadata lists algorithms; a document without the
 * list may use any asymmetric one. The signature itself is checked below, against the same list.
 */
function withSignatureAlgs(metadata: Metadata): Metadata {
  return metadata.id_token_signing_alg_values_supported
    ? metadata
    : { ...metadata, id_token_signing_alg_values_supported: signatureAlgs };
}

async function checkSignature(broker: Broker, idToken: string): Promise<void> {
  await jwtVerify(idToken, await broker.issuer.keys(), {
    algorithms: signatureAlgs,
    issuer: broker.config.issuer,
    audience: broker.config.clientId,
    clockTolerance: skewSeconds,
    currentDate: new Date(broker.clock.now()),
  });
}

/** `aud` and `azp` (3.1.3.7): for us, for nobody else, and given to nobody else. */
function checkAudience({ aud, azp }: IDToken, clientId: string): void {
  if ([aud].flat().some((audience) => audience !== clientId)) {
    throw new Untrusted('aud names others');
  }
  if (azp !== undefined && azp !== clientId) throw new Untrusted('azp is another');
}

/**
 * `iat` and `auth_time`: nothing happens in the future, and a token that holds the nonce of a sign-in was made for it.
 * How old a refreshed one may be is left to its `exp`: some servers send the first one again.
 */
function checkTimes({ iat, auth_time }: IDToken, now: number, grant: Expected['grant']): void {
  if (Math.max(iat, auth_time ?? 0) > now + clocksApartSeconds) {
    throw new Untrusted('iat or auth_time is in the future');
  }
  if (grant === 'authorization_code' && iat < now - clocksApartSeconds) {
    throw new Untrusted('iat is long past');
  }
}

/** `at_hash` (3.1.3.8): the left half of the hash that the ID token's own algorithm uses. */
function checkAccessTokenHash(tokens: TokenEndpointResponse, claims: IDToken): void {
  if (claims.at_hash === undefined) return;
  const { alg = '' } = decodeProtectedHeader(tokens.id_token ?? '');
  // EdDSA (Ed25519) hashes with SHA-512.
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? '512';
  const digest = hash(`sha${bits}`, tokens.access_token, 'buffer');
  const left = digest.subarray(0, digest.length / 2).toString('base64url');
  if (claims.at_hash !== left) throw new Untrusted('at_hash does not match the access token');
}

function checkSameUser(
  claims: IDToken,
  { subject, authTime }: { subject: string; authTime?: number | undefined },
): void {
  if (claims.sub !== subject) throw new Untrusted('sub of the refreshed ID token is another');
  if (authTime !== undefined && claims.auth_time !== undefined && claims.auth_time !== authTime) {
    throw new Untrusted('auth_time of the refreshed ID token is another');
  }
}

/**
 * An access token of a custom authorization server is a JWT for our own APIs and must be bound to our
 * key. Okta's org server says that its access tokens are opaque, whatever they look like.
 */
function checkBinding(issuer: string, accessToken: string, jkt: string): void {
  if (new URL(issuer).pathname === '/' || accessToken.split('.').length !== 3) return;
  let claims: { cnf?: { jkt?: unknown } };
  try {
    claims = decodeJwt(accessToken);
  } catch {
    return;
  }
  if (claims.cnf?.jkt !== jkt) throw new Untrusted('the access token is bound to another key');
}

/** `max_age` (3.1.3.7): how long before this sign-in began the user was authenticated. */
export function isFresh(claims: IDToken, maxAge: number, startedAt: number): boolean {
  return claims.auth_time !== undefined && claims.auth_time >= startedAt - maxAge - skewSeconds;
}

function reasonOf(fault: unknown): string {
  if (fault instanceof Untrusted) return fault.message;
  // Both libraries give stable codes; their messages may quote what was received.
  const code = (fault as { code?: unknown }).code;
  return typeof code === 'string' ? code : 'unreadable';
}

function tokensIn(text: string): Revocable {
  try {
    const { refresh_token: refreshToken, access_token: accessToken } = JSON.parse(text) as Record<
      string,
      unknown
    >;
    return {
      ...(typeof refreshToken === 'string' && { refreshToken }),
      ...(typeof accessToken === 'string' && { accessTokens: [accessToken] }),
    };
  } catch {
    return {};
  }
}
