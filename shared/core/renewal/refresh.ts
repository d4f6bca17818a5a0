// One refresh (RFC 6749 section 6) by the owner of the session's lease, and the meaning of its answer.

import { type Broker, type RequestContext, secondsNow } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import type { WhyEnded } from '#core/events.ts';
import { postAsKnownClient } from '#core/issuer/known-client.ts';
import type { BackChannelAnswer } from '#core/issuer/nonce-challenge.ts';
import { registeredError } from '#core/issuer/oauth-error.ts';
import type { RevocableTokens } from '#core/issuer/revocation.ts';
import { judgeTokenResponse, type TokenOutcome } from '#core/issuer/token-response.ts';
import type { Plain } from '#core/lib/plain.ts';
import { shareOfTime } from '#core/lib/time-limit.ts';
import { steps } from '#core/limits.ts';
import type { SigningKey } from '#core/ports.ts';
import { wasSignedOutSince } from '#core/session/ending.ts';
import {
  openSession,
  type Session,
  type SessionContent,
  sealContent,
} from '#core/session/session.ts';
import { keepRenewed } from './keep-renewed.ts';
import { notePause } from './pause.ts';
import { exchangeWith } from './proving-key.ts';

/** The API that an access token is for; '' stands for the authorization server's own. */
export interface Audience {
  name: string;
  /** Parameters of the refresh request that bring this token (RFC 8707, RFC 6749 section 6). */
  resource?: string;
  scope?: string;
}

export const ownAudience: Audience = { name: '' };

export type Renewal =
  | { kind: 'renewed'; session: Session }
  /** The session was changed or ended while we asked: read it again. */
  | { kind: 'superseded' }
  /** The session cannot be renewed any more. */
  | { kind: 'fatal'; why: WhyEnded; revoke?: RevocableTokens }
  /** The server decided nothing, so the current tokens still count. */
  | { kind: 'unavailable'; status: number; reason?: Plain };

/** When a server refuses for this long without an OAuth error, the refusal is final. */
const refusedSeconds = 600;
/** These statuses ask for another try (RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4). */
const asksForPatience = new Set([408, 425, 429]);

export interface Renewing {
  audience: Audience;
  /** The owner of the lease. */
  owner: string;
  /** An API refused the current token, although it is fresh. */
  refused: boolean;
}

export async function renewSession(
  context: RequestContext,
  session: Session,
  renewing: Renewing,
): Promise<Renewal> {
  const { env, log } = context;
  const { audience, owner } = renewing;
  const { content, record } = session;
  const signal = shareOfTime(context, steps.refresh);
  const [metadata, revoked] = await Promise.all([
    env.issuer.metadata().catch(() => undefined),
    wasSignedOutSince(env, record.index, content.startedAt ?? record.createdAt).catch(
      () => undefined,
    ),
  ]);
  if (revoked) {
    return { kind: 'fatal', why: 'revoked', revoke: { refreshToken: content.refreshToken } };
  }
  if (!metadata || revoked === undefined) return { kind: 'unavailable', status: 0 };
  const exchange = await exchangeWith(context, session, async (key) => {
    const answer = await requestRefresh(
      context,
      metadata.token_endpoint,
      content,
      audience,
      key,
      signal,
    );
    if (!answer) return { kind: 'unavailable', status: 0 };
    notePause(context, record.index.subject, answer);
    return judgeTokenResponse(context, metadata, answer, {
      grant: 'refresh_token',
      jkt: key.jkt,
      subject: content.subject,
      authTime: content.authTime,
    });
  });
  const { outcome } = exchange;
  switch (outcome.kind) {
    case 'unavailable':
      return isRefusal(outcome.status) ? recordRefusal(env, session, owner, outcome) : outcome;
    case 'untrusted':
      log('refresh.untrusted', { reason: outcome.reason });
      return { kind: 'fatal', why: 'untrusted_response', revoke: outcome.revoke };
    case 'refused':
      return judgeRefusal(context, session, outcome);
    case 'tokens':
      return keepRenewed(context, session, renewing, outcome.tokens, exchange);
  }
}

async function requestRefresh(
  context: RequestContext,
  endpoint: string,
  { refreshToken, scope }: SessionContent,
  audience: Audience,
  key: SigningKey,
  signal: AbortSignal,
): Promise<BackChannelAnswer | undefined> {
  // Okta sends an ID token only when `openid` is among the scopes that are asked for. The scopes granted for one
  // resource differ from those of the first token: without `scope`, the request asks for all of them.
  const wanted = audience.scope ?? (audience.resource === undefined ? scope : undefined);
  try {
    return await postAsKnownClient(context, {
      endpoint,
      form: {
        grant_type: 'refresh_token',
        refresh_token: refreshToken ?? '',
        ...(wanted !== undefined && { scope: wanted }),
        ...(audience.resource !== undefined && { resource: audience.resource }),
      },
      key,
      proof: 'always',
      signal,
    });
  } catch (fault) {
    if (fault instanceof BrokerError) throw fault;
    return undefined;
  }
}

/** Only invalid_grant ends a session, and only if nobody changed the session while we asked. */
async function judgeRefusal(
  { env, log }: RequestContext,
  session: Session,
  { status, error }: Extract<TokenOutcome, { kind: 'refused' }>,
): Promise<Renewal> {
  if (error !== 'invalid_grant') {
    log('refresh.refused', { error: registeredError(error) ?? 'other' });
    return { kind: 'unavailable', status };
  }
  const fresh = await openSession(env, session.secret);
  if (!fresh || fresh.record.version !== session.record.version) return { kind: 'superseded' };
  return { kind: 'fatal', why: 'invalid_grant' };
}

const isRefusal = (status: number) => status >= 400 && status < 500 && !asksForPatience.has(status);

/**
 * An empty 400 may mean that the refresh token is spent, and a 403 page may come from a proxy while the server is under
 * maintenance. Only time tells them apart: the session records such refusals, and ends when they do not stop.
 */
async function recordRefusal(
  broker: Broker,
  session: Session,
  owner: string,
  unavailable: Extract<Renewal, { kind: 'unavailable' }>,
): Promise<Renewal> {
  const { record, content, secret } = session;
  const now = secondsNow(broker);
  const { since, last } = content.refused ?? { since: now, last: now };
  const refused = { since: now - last < refusedSeconds ? since : now, last: now };
  if (now - refused.since >= refusedSeconds) return { kind: 'fatal', why: 'refused' };
  const { id, version, key } = record;
  const sealed = sealContent(secret, { id, version: version + 1 }, { ...content, refused });
  await broker.sessions.replaceTokens(id, { owner, version }, { sealed, key });
  return unavailable;
}
