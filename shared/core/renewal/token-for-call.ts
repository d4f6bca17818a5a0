// Finds the access token for a call: the current one, or a renewed one.
//
// Many calls, in many environments, may find the token expired at the same moment. One of them takes the session's
// lease and calls the token endpoint. The others use a token that still works, or wait for the next version, within a
// limit. docs/sessions.md draws the states.
import { randomUUID } from 'node:crypto';
import { type RequestContext, secondsNow } from '#core/broker.ts';
import { didNotSign } from '#core/dpop/active-key.ts';
import { athOf } from '#core/dpop/proof.ts';
import { BrokerError, retryIn } from '#core/errors.ts';
import type { WhyEnded } from '#core/events.ts';
import { NotSent } from '#core/issuer/exchange.ts';
import { revokeTokens } from '#core/issuer/revocation.ts';
import { words } from '#core/lib/plain.ts';
import { waitsMs } from '#core/limits.ts';
import { endOne } from '#core/session/ending.ts';
import { type AccessToken, openSession, type Session } from '#core/session/session.ts';
import { renewalPause } from './pause.ts';
import { type Audience, type Renewing, renewSession } from './refresh.ts';

export type TokenForCall =
  | { kind: 'ok'; session: Session; token: string; ath: string }
  /** The session has ended: nothing is left to renew it with. */
  | { kind: 'ended' }
  /** There is no other token than the one that the API refused. The API's answer is final, and the session goes on. */
  | { kind: 'no_other' };

const pauseMs = { first: 50, longest: 400 };
// When the owner of a lease dies after the server has answered, the next one repeats the call within the server's grace.
const leaseSeconds = waitsMs.lease / 1000;

/** An access token that an API has just refused, although it may look fresh. */
export interface RefusedToken {
  token: string;
  /** The same API has accepted it before. */
  wasTaken?: boolean;
}

export async function tokenForCall(
  context: RequestContext,
  session: Session,
  audience: Audience,
  refused?: RefusedToken,
): Promise<TokenForCall> {
  const { env, log } = context;
  const owner = randomUUID();
  const patienceEnds = env.clock.now() + waitsMs.otherRenewal;
  let current = session;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 1.6, pauseMs.longest)) {
    const now = secondsNow(env);
    const held = current.content.access[audience.name];
    const isRefused = held !== undefined && held.token === refused?.token;
    const usable = held && !isRefused && now < held.expiresAt ? held : undefined;
    if (usable && now < usable.renewAt) return usableToken(current, usable);
    const { refreshToken } = current.content;
    const isFinal = isRefused && isLastWord(held, refused, now);
    if (isFinal || (isRefused && refreshToken === undefined)) return { kind: 'no_other' };
    if (refreshToken === undefined) {
      if (usable) return usableToken(current, usable);
      if (hasUsable(current, now)) {
        throw unavailable(
          'this route needs a token that no refresh token can bring: see offline_access',
        );
      }
      return (await endSession(context, current, 'token_expired')) ?? { kind: 'ended' };
    }
    const { id, version, index } = current.record;
    const paused = renewalPause(env, index.subject);
    const lease = { owner, until: now + leaseSeconds };
    if (paused === undefined && (await env.sessions.takeLease(id, version, lease))) {
      // The API's clock may be ahead of ours: a token that is close to its end may already have expired there.
      const renewing = { audience, owner, refused: isRefused && now < held.renewAt };
      // A renewal lasts as long as its lease, not as the call that began it: cut off, the new refresh token would be lost.
      const ofLease = { ...context, deadline: env.clock.now() + waitsMs.lease };
      const renewed = await renewOrFallBack(ofLease, current, renewing, usable);
      if (renewed) return renewed;
    } else if (usable) {
      return usableToken(current, usable);
    } else if (paused === undefined) {
      log('refresh.waited');
      await sleep(pause * (0.5 + Math.random() / 2));
    } else if (!isRefused || current !== session) {
      throw unavailable('the token endpoint has asked for a pause', paused);
    }
    const next = await openSession(env, session.secret);
    if (!next) return { kind: 'ended' };
    // A version that was stored meanwhile brings another token, and so answers the refusal too.
    current = next;
    if (env.clock.now() > Math.min(patienceEnds, context.deadline)) {
      throw unavailable('another renewal takes too long');
    }
  }
}

/**
 * An API that refuses every token would otherwise cause a renewal at every call. One that took the token before may have
 * revoked it, or have a single path that takes no token: that causes at most one renewal a minute. A token with a
 * shorter life is still renewed after half of it: by the API's clock it may have expired.
 */
function isLastWord(
  { replacedAt, expiresAt }: AccessToken,
  { wasTaken }: RefusedToken,
  now: number,
) {
  if (replacedAt === undefined) return false;
  const halfLife = (expiresAt - replacedAt) / 2;
  return now < replacedAt + (wasTaken ? Math.min(60, halfLife) : halfLife);
}

/** Returns undefined when another caller has changed the session: the caller looks again. */
async function renewOrFallBack(
  context: RequestContext,
  session: Session,
  renewing: Renewing,
  usable: AccessToken | undefined,
): Promise<TokenForCall | undefined> {
  const { env, log } = context;
  const { audience, owner } = renewing;
  try {
    const outcome = await renewSession(context, session, renewing);
    switch (outcome.kind) {
      case 'renewed': {
        log('refresh.won');
        const held = outcome.session.content.access[audience.name];
        if (!held) throw unavailable('the renewed session lacks the token');
        return usableToken(outcome.session, held);
      }
      case 'superseded':
        return undefined;
      case 'fatal': {
        const ended = await endSession(context, session, outcome.why);
        if (!ended) return undefined;
        if (outcome.revoke) await revokeTokens(context, outcome.revoke);
        return ended;
      }
      case 'unavailable':
        log('refresh.failed', {
          status: outcome.status,
          ...(outcome.reason !== undefined && { reason: outcome.reason }),
        });
        await env.sessions.freeLease(session.record.id, owner);
        if (usable) return usableToken(session, usable);
        throw unavailable(
          outcome.reason ?? `the token endpoint answered ${outcome.status}`,
          renewalPause(env, session.record.index.subject),
        );
    }
  } catch (fault) {
    if (!(fault instanceof NotSent || didNotSign(fault))) throw fault;
    // The refresh token was not spent. Free the lease, so that the next call need not wait.
    await env.sessions.freeLease(session.record.id, owner).catch(() => {});
    if (!(usable && fault instanceof NotSent)) throw fault;
    log('refresh.failed', {
      status: 0,
      reason: words`the credentials of the client are not available`,
    });
    return usableToken(session, usable);
  }
}

const usableToken = (session: Session, { token }: AccessToken): TokenForCall => ({
  kind: 'ok',
  session,
  token,
  ath: athOf(token),
});

/**
 * Returns undefined when another caller has changed the session meanwhile: whatever was concluded from it is out of
 * date.
 */
async function endSession(
  context: RequestContext,
  session: Session,
  why: WhyEnded,
): Promise<TokenForCall | undefined> {
  const { id, version } = session.record;
  const ending = await endOne(context, id, why, version);
  return ending === 'moved' ? undefined : { kind: 'ended' };
}

const hasUsable = ({ content }: Session, now: number): boolean =>
  Object.values(content.access).some(({ expiresAt }) => now < expiresAt);

const unavailable = (message: string, retryMs = 1_000) =>
  new BrokerError('refresh_unavailable', message, { headers: retryIn(retryMs) });

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
