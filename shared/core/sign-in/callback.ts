// The callback after sign-in: it judges the authorization response (RFC 6749 section 4.1.2, RFC 9207), exchanges the
// code, checks the tokens and opens the new session.

import { type Broker, type RequestContext, remainingMs } from '#core/broker.ts';
import { offerBinding } from '#core/device/device.ts';
import { nonceName } from '#core/dpop/nonces.ts';
import { BrokerError } from '#core/errors.ts';
import { postToIssuer } from '#core/issuer/exchange.ts';
import { isFresh } from '#core/issuer/id-token.ts';
import { IssuerError } from '#core/issuer/issuer.ts';
import { type RegisteredError, registeredError } from '#core/issuer/oauth-error.ts';
import { revokeTokens } from '#core/issuer/revocation.ts';
import { type JudgedTokens, judgeTokenResponse } from '#core/issuer/token-response.ts';
import { missingClaims } from '#core/issuer/userinfo.ts';
import { isSecret, newSecret, sha256 } from '#core/lib/encoding.ts';
import { errorName, type Plain, PlainError, plain, words } from '#core/lib/plain.ts';
import { shareOfTime } from '#core/lib/time-limit.ts';
import { steps } from '#core/limits.ts';
import type { DeviceBinding, Nonces } from '#core/ports.ts';
import { endOne, wasSignedOutSince } from '#core/session/ending.ts';
import { sessionIndexOf } from '#core/session/lookup-hashes.ts';
import { newRecord, sessionIdOf } from '#core/session/session.ts';
import { sessionContentOf } from '#core/session/session-content.ts';
import { type Begun, callbackUrl } from './begin.ts';
import { safeReturnTo, withLoginError } from './return-to.ts';
import { startOver } from './start-over.ts';
import {
  openTransaction,
  parseLoginCookie,
  shortId,
  type TransactionContent,
  transactionIdOf,
} from './transaction.ts';

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

type Waiting = TransactionContent & {
  startedAt: number;
  /** Sessions of this browser that the new one replaces. */
  replaced: string[];
};

class SignInRefused extends PlainError {
  readonly code: RegisteredError | 'login_failed';
  constructor(code: SignInRefused['code'], reason: Plain) {
    super(reason);
    this.code = code;
  }
}

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
  const answer = await postToIssuer(context, {
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
 * Asked for a level "if possible", Okta answers with the level that it reached. The API decides whether that is enough.
 */
const meetsAcr = (acr: unknown, wanted: readonly string[]): boolean =>
  wanted.some((value) => value === acr || value.endsWith(':ifpossible'));

async function openNewSession(
  context: RequestContext,
  secret: string,
  {
    tokens,
    key,
    waiting,
    device,
  }: {
    tokens: JudgedTokens;
    key: Awaited<ReturnType<Broker['signer']['key']>>;
    waiting: Waiting;
    device: DeviceBinding | undefined;
  },
): Promise<void> {
  const { env } = context;
  const { issuer } = env.config;
  const { startedAt } = waiting;
  const claims = tokens.claims as NonNullable<JudgedTokens['claims']>;
  const all = { ...(await missingClaims(context, tokens, key)), ...claims, sub: claims.sub };
  const index = sessionIndexOf(issuer, all);
  const record = newRecord(env, secret, {
    key,
    content: { ...sessionContentOf(env, tokens, all), startedAt },
    index,
    stepUps: await stepUpsOf(env, waiting, index.subject),
    device,
  });
  await env.sessions.create(record, knownNonces(env, new URL(issuer)));
  // Universal Logout or an operator may have signed the user out during this sign-in: then the sign-in fails.
  if (await wasSignedOutSince(env, index, startedAt)) {
    throw new SignInRefused('login_failed', words`the user was signed out everywhere meanwhile`);
  }
  if (remainingMs(context) <= 0) {
    throw new SignInRefused(
      'login_failed',
      words`the session was opened after its answer had left`,
    );
  }
  for (const id of waiting.replaced) await endOne(context, id, 'replaced');
}

/** Stores what this environment has learned, for the environments that serve the next calls. */
function knownNonces({ nonces }: Pick<Broker, 'nonces'>, issuer: URL): Nonces {
  const known: Nonces = {};
  for (const role of ['as', 'rs'] as const) {
    const nonce = nonces.get(role, issuer);
    if (nonce !== undefined) known[nonceName(role, issuer)] = nonce;
  }
  return known;
}

/**
 * How many sign-ins in a row were step-ups. The proxy uses this count to end a loop, and resets it once a step-up
 * helped.
 */
async function stepUpsOf(
  broker: Broker,
  { previous, acrValues, maxAge }: TransactionContent,
  subject: string,
): Promise<number> {
  if (!previous || (acrValues === undefined && maxAge === undefined)) return 0;
  const stored = await broker.sessions.read(previous);
  return stored?.session.index.subject === subject ? stored.session.stepUps + 1 : 0;
}

/** Passes on registered error codes only: any other `error` could hold anybody's text. */
const publicCode = (error: string): SignInRefused['code'] =>
  registeredError(error) ?? 'login_failed';

function refusalOf(fault: unknown): Pick<SignInRefused, 'code' | 'reason'> {
  if (fault instanceof SignInRefused) return fault;
  if (fault instanceof BrokerError) return { code: 'login_failed', reason: plain(fault.code) };
  if (fault instanceof IssuerError) return { code: 'login_failed', reason: fault.reason };
  return { code: 'login_failed', reason: errorName(fault) };
}
