// Judges a token response: RFC 6749 section 5, RFC 9449 section 5, OpenID Connect Core 3.1.3 and 12.2. oauth4webapi
// checks the claims, and jose the signature. Only a token response can be untrusted: any other fault is thrown and is
// no verdict.
import { decodeJwt } from 'jose';
import {
  type Client,
  clockTolerance,
  getValidatedIdTokenClaims,
  type IDToken,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  skipAuthTimeCheck,
} from 'oauth4webapi';
import type { RequestContext } from '#core/broker.ts';
import { errorCode, type Plain, words } from '#core/lib/plain.ts';
import {
  checkClaims,
  checkSignature,
  type ExpectedUser,
  skewSeconds,
  Untrusted,
} from './id-token.ts';
import { KeysUnavailable } from './key-set.ts';
import type { Metadata } from './metadata.ts';
import type { BackChannelAnswer } from './nonce-challenge.ts';
import { oauthError } from './oauth-error.ts';
import type { RevocableTokens } from './revocation.ts';
import { signatureAlgs } from './signature-algs.ts';

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
  /** The server refused with an OAuth error. */
  | { kind: 'refused'; status: number; error: string }
  /**
   * The server decided nothing: 429, 5xx, no answer, no token response, no keys. The current tokens still count. When
   * only the keys are missing, new tokens did come: a caller that does not keep them revokes them.
   */
  | { kind: 'unavailable'; status: number; reason?: Plain; revoke?: RevocableTokens }
  /** An answer that we must not use. Its tokens are revoked, not stored. */
  | { kind: 'untrusted'; reason: Plain; revoke: RevocableTokens };

export type Expected =
  | { grant: 'authorization_code'; jkt: string; nonce: string; code: string }
  | ({ grant: 'refresh_token'; jkt: string } & ExpectedUser);

export async function judgeTokenResponse(
  context: RequestContext,
  metadata: Metadata,
  answer: BackChannelAnswer,
  expected: Expected,
): Promise<TokenOutcome> {
  // The status comes first: Okta labels some of its 429 answers invalid_grant.
  if (answer.status === 429 || answer.status >= 500) {
    return { kind: 'unavailable', status: answer.status };
  }
  if (answer.status !== 200) {
    const error = oauthError(answer.text);
    return error === undefined
      ? { kind: 'unavailable', status: answer.status }
      : { kind: 'refused', status: answer.status, error };
  }
  const held = tokensIn(answer.text);
  if (!held) {
    return { kind: 'unavailable', status: 200, reason: words`the answer is not a token response` };
  }
  try {
    return { kind: 'tokens', tokens: await judge(context, metadata, answer, expected) };
  } catch (fault) {
    if (fault instanceof KeysUnavailable) {
      return { kind: 'unavailable', status: 200, reason: words`keys_unavailable`, revoke: held };
    }
    return { kind: 'untrusted', reason: reasonOf(fault), revoke: held };
  }
}

async function judge(
  context: RequestContext,
  metadata: Metadata,
  answer: BackChannelAnswer,
  expected: Expected,
): Promise<JudgedTokens> {
  const { env, log } = context;
  const client: Client = { client_id: env.config.clientId, [clockTolerance]: skewSeconds };
  const response = new Response(answer.text, {
    status: 200,
    headers: { 'content-type': 'application/json' },
  });
  const recognizedTokenTypes = {
    bearer: () => {
      throw new Untrusted(words`token_type is bearer, not DPoP`);
    },
  };
  // oauth4webapi assumes RS256 unless the metadata list algorithms.
  const algs = signatureAlgs(env.config, metadata);
  const as = { ...metadata, id_token_signing_alg_values_supported: algs };
  const tokens =
    expected.grant === 'authorization_code'
      ? await processAuthorizationCodeResponse(as, client, response, {
          expectedNonce: expected.nonce,
          requireIdToken: true,
          maxAge: skipAuthTimeCheck,
          recognizedTokenTypes,
        })
      : await processRefreshTokenResponse(as, client, response, { recognizedTokenTypes });
  checkBinding(metadata, tokens.access_token, expected.jkt);
  const judged: JudgedTokens = {
    accessToken: tokens.access_token,
    expiresIn: tokens.expires_in ?? 300,
    scope: tokens.scope,
    refreshToken: tokens.refresh_token,
  };
  const claims = getValidatedIdTokenClaims(tokens);
  const { id_token: idToken } = tokens;
  if (!idToken || !claims) return judged;
  const user = expected.grant === 'refresh_token' ? expected : undefined;
  checkClaims(env, tokens, claims, expected);
  try {
    await checkSignature(env, metadata, idToken);
  } catch (fault) {
    if (!(fault instanceof KeysUnavailable)) throw fault;
    const at = user ? 'refresh' : 'login';
    log('issuer.keys_unavailable', { at, reason: fault.reason });
    // A refreshed ID token is optional (12.2), and came over TLS from the token endpoint (3.1.3.7 no. 6), so a session
    // can go on with its previous one. A sign-in needs one that was verified.
    if (user) return judged;
    throw fault;
  }
  return { ...judged, idToken, claims: user ? withFirstAuthTime(context, claims, user) : claims };
}

function withFirstAuthTime(
  { log }: RequestContext,
  claims: IDToken,
  { authTime }: ExpectedUser,
): IDToken {
  if (authTime === undefined || (claims.auth_time ?? authTime) === authTime) return claims;
  log('refresh.later_auth_time');
  return { ...claims, auth_time: authTime };
}

/**
 * An access token that is a JWT must be bound to our key. Okta's org server says that its access tokens are opaque,
 * whatever they look like. It is recognised by its endpoints, since it may have a custom host name.
 */
function checkBinding(
  { issuer, token_endpoint: endpoint }: Metadata,
  accessToken: string,
  jkt: string,
): void {
  const isOktasOrg =
    new URL(issuer).pathname === '/' && new URL(endpoint).pathname === '/oauth2/v1/token';
  if (isOktasOrg || accessToken.split('.').length !== 3) return;
  let claims: { cnf?: { jkt?: unknown } };
  try {
    claims = decodeJwt(accessToken);
  } catch {
    return;
  }
  if (claims.cnf?.jkt !== jkt) throw new Untrusted(words`the access token is bound to another key`);
}

const reasonOf = (fault: unknown): Plain =>
  fault instanceof Untrusted ? fault.reason : errorCode(fault);

/** Returns undefined unless it is a token response (RFC 6749 section 5.1): a JSON object with an access token. */
function tokensIn(text: string): RevocableTokens | undefined {
  let body: { access_token?: unknown; refresh_token?: unknown } | null;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { access_token: accessToken, refresh_token: refreshToken } = body ?? {};
  if (Array.isArray(body) || !isAccessToken(accessToken)) return undefined;
  return {
    accessTokens: [accessToken],
    ...(typeof refreshToken === 'string' && { refreshToken }),
  };
}

/** A token that a header can hold (RFC 6749 appendix A.12, and RFC 9110 section 11.2, which allows no space). */
const isAccessToken = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
