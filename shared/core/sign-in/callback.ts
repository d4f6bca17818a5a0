// The callback after sign-in: it judges the authorization response (RFC 6749 section 4.1.2, RFC 9207), exchanges the
// code, checks the tokens and opens the new session.

import type { Broker, RequestContext } from '#core/broker.ts';
import { offerBinding } from '#core/device/device.ts';
import { isFresh } from '#core/issuer/id-token.ts';
import { postAsKnownClient } from '#core/issuer/known-client.ts';
import { revokeTokens } from '#core/issuer/revocation.ts';
import { type JudgedTokens, judgeTokenResponse } from '#core/issuer/token-response.ts';
import { isSecret, newSecret, sha256 } from '#core/lib/encoding.ts';
import { type Plain, words } from '#core/lib/plain.ts';
import { shareOfTime } from '#core/lib/time-limit.ts';
import { steps } from '#core/limits.ts';
import type { DeviceBinding } from '#core/ports.ts';
import { sessionIdOf } from '#core/session/session.ts';
import { type Begun, callbackUrl } from './begin.ts';
import { openNewSession, type Waiting } from './open-session.ts';
import { publicCode, refusalOf, SignInRefused } from './refused.ts';
import { safeReturnTo, withLoginError } from './return-to.ts';
import { startOver } from './start-over.ts';
import { openTransaction, parseLoginCookie, shortId, transactionIdOf } from './transaction.ts';

export type CallbackOutcome =
  /** The transaction is unknown, used, expired or another browser's. No token request was made. */
  | { kind: 'unknown' }
  | { kind: 'failed'; location: string; code: string; transaction: string }
  /** The key was taken out meanwhile, and the code is lost with it. Another sign-in has begun. */
  | ({ kind: 'started_over'; transaction: string } & Begun)
  | ({ kind: 'signed_in'; location: string; transaction: string } & Opened);

interface Opened {
  sessionSecret: string;
  /** With it the browser may bind the session to its device. */
  device?: DeviceBinding | undefined;
}

export async function finishSignIn(
  context: RequestContext,
  query: URLSearchParams,
  loginCookie: (id: string) => string | undefined,
): Promise<CallbackOutcome> {
  const { env, log } = context;
  if (new Set(query.keys()).size !== query.size) return { kind: 'unknown' };
  const state = query.get('state');
  if (!state || !isSecret(state)) return { kind: 'unknown' };
  const id = transactionIdOf(state);
  const cookie = parseLoginCookie(loginCookie(shortId(id)));
  if (!cookie) return { kind: 'unknown' };
  const transaction = await env.transactions.consume(id, sha256(cookie.secret));
  const waiting = transaction && openTransaction(cookie.secret, transaction);
  if (!waiting) return { kind: 'unknown' };
  const { publicOrigin } = env.config;
  const returnTo = safeReturnTo(waiting.returnTo, publicOrigin) ?? '/';
  try {
    const replaced = [waiting.previous, cookie.session].filter(isSessionId);
    const startedAt = transaction.createdAt;
    const opened = await signIn(context, query, { ...waiting, startedAt, replaced });
    log('login.completed');
    return { kind: 'signed_in', location: returnTo, transaction: shortId(id), ...opened };
  } catch (fault) {
    const begun = await startOver(context, { ...waiting, returnTo }, fault);
    if (begun) return { kind: 'started_over', transaction: shortId(id), ...begun };
    const { code, reason } = refusalOf(fault);
    log('login.rejected', { code, reason });
    const location = withLoginError(returnTo, code, publicOrigin);
    return { kind: 'failed', location, code, transaction: shortId(id) };
  }
}

const isSessionId = (text: string | undefined): text is string =>
  text !== undefined && isSecret(text);

async function signIn(
  context: RequestContext,
  query: URLSearchParams,
  waiting: Waiting,
): Promise<Opened> {
  const { env, log } = context;
  const metadata = await env.issuer.metadata();
  checkIssuer(query, env.config, metadata);
  const error = query.get('error');
  if (error !== null)
    throw new SignInRefused(publicCode(error), words`the authorization server refused`);
  const code = query.get('code');
  if (!code)
    throw new SignInRefused('login_failed', words`the response has neither code nor error`);

  const key = await env.signer.key(waiting.keyId);
  const answer = await postAsKnownClient(context, {
    endpoint: metadata.token_endpoint,
    form: {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackUrl(env.config.publicOrigin),
      code_verifier: waiting.verifier,
    },
    key,
    proof: 'always',
    signal: shareOfTime(context, steps.codeExchange),
  });
  const outcome = await judgeTokenResponse(context, metadata, answer, {
    grant: 'authorization_code',
    jkt: key.jkt,
    nonce: waiting.nonce,
    code,
  });
  if (outcome.kind === 'refused') {
    throw new SignInRefused(publicCode(outcome.error), words`the token endpoint refused`);
  }
  if (outcome.kind === 'unavailable') {
    if (outcome.revoke) await revokeTokens(context, outcome.revoke);
    const why = outcome.reason ?? words`the token endpoint answered ${outcome.status}`;
    throw new SignInRefused('login_failed', why);
  }
  if (outcome.kind === 'untrusted') {
    log('login.untrusted', { reason: outcome.reason });
    await revokeTokens(context, outcome.revoke);
    throw new SignInRefused('login_failed', outcome.reason);
  }
  const { tokens } = outcome;
  const stronger = unmetDemand(tokens, waiting);
  if (stronger) {
    await revokeTokens(context, { ...tokens, accessTokens: [tokens.accessToken] });
    throw new SignInRefused('login_failed', stronger);
  }
  const secret = newSecret(env.random);
  const device = offerBinding(env);
  try {
    await openNewSession(context, secret, { tokens, key, waiting, device });
  } catch (fault) {
    // Nobody has the cookie of this session, so its tokens must not stay valid either.
    await env.sessions.end(sessionIdOf(secret)).catch(() => {});
    await revokeTokens(context, { ...tokens, accessTokens: [tokens.accessToken] });
    throw fault;
  }
  return { sessionSecret: secret, device };
}

/** RFC 9207: an `iss` must name our issuer. It is required when the server says that it sends one, and for FAPI. */
function checkIssuer(
  query: URLSearchParams,
  { issuer, profile }: Pick<Broker['config'], 'issuer' | 'profile'>,
  metadata: { authorization_response_iss_parameter_supported?: boolean },
): void {
  const iss = query.get('iss');
  const promised = metadata.authorization_response_iss_parameter_supported || profile === 'fapi2';
  if (iss === null && !promised) return;
  if (iss !== issuer) throw new SignInRefused('login_failed', words`iss is not the issuer`);
}

function unmetDemand(
  { claims }: JudgedTokens,
  { maxAge, acrValues, startedAt }: Waiting,
): Plain | undefined {
  if (!claims) return words`the response has no ID token`;
  if (maxAge !== undefined && !isFresh(claims, maxAge, startedAt)) {
    return words`auth_time is missing or older than max_age allows`;
  }
  if (acrValues !== undefined && !meetsAcr(claims.acr, acrValues.split(' '))) {
    return words`acr is none of those asked for`;
  }
  return undefined;
}

/**
 * When a level is wanted "if possible", Okta answers with the level that it reached. The API decides whether that is
 * enough.
 */
const meetsAcr = (acr: unknown, wanted: readonly string[]): boolean =>
  wanted.some((value) => value === acr || value.endsWith(':ifpossible'));
