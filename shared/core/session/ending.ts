// Ends sessions. From outside (for the authorization server, an operator or the kill switch) they are found by their
// hashes or by their key. None is opened, because only the cookie opens one.
import type { Broker, RequestContext } from '#core/broker.ts';
import type { WhyEnded } from '#core/events.ts';
import type { Ending, SessionIndex } from '#core/ports.ts';
import { everyoneHash } from './lookup-hashes.ts';

type Needs<Ports extends keyof Broker> = Pick<RequestContext<Pick<Broker, Ports>>, 'env' | 'log'>;

export interface Ended {
  /** How many live sessions have ended, including those that somebody else ended first. */
  found: number;
  ended: number;
  /** The time ran out before all sessions were ended. */
  more: boolean;
}

const together = 16;

/** Ends a session, at the given version only. Every end of a session is reported here. */
export async function endOne(
  { env, log }: Needs<'sessions'>,
  id: string,
  why: WhyEnded,
  version?: number,
): Promise<Ending> {
  const ending = await env.sessions.end(id, version);
  if (ending === 'ended') log('session.ended', { why });
  return ending;
}

export async function endSessions(
  needs: Needs<'sessions' | 'clock'>,
  by: 'subject' | 'sid' | 'email' | 'key',
  value: string,
  { why, deadlineMs = Number.POSITIVE_INFINITY }: { why: WhyEnded; deadlineMs?: number },
): Promise<Ended> {
  const { sessions, clock } = needs.env;
  const total: Ended = { found: 0, ended: 0, more: false };
  const end = async (id: string) => {
    if ((await endOne(needs, id, why)) === 'ended') total.ended += 1;
  };
  let batch: string[] = [];
  const endBatch = async () => {
    total.found += batch.length;
    await Promise.all(batch.map(end));
    batch = [];
  };
  for await (const id of sessions.find(by, value)) {
    if (batch.length === together) {
      await endBatch();
      total.more = clock.now() >= deadlineMs;
      if (total.more) break;
    }
    batch.push(id);
  }
  await endBatch();
  return total;
}

/**
 * Does the same, and also invalidates sign-ins that are under way. The mark is written first: the index lags behind the
 * table, so a session that it does not show yet meets the mark at its next renewal.
 */
export async function endUser(
  needs: Needs<'sessions' | 'clock' | 'marks'>,
  by: 'subject' | 'email' | 'sid',
  hash: string,
  why: WhyEnded,
): Promise<Ended> {
  const { marks, clock } = needs.env;
  await marks.markSignedOut(hash, clock.now() / 1000);
  return endSessions(needs, by, hash, { why });
}

/**
 * Does the same for a caller who has proved nothing. Only a session that is found leaves a mark, so a guess writes
 * nothing. A user's only session survives if the index does not show it yet.
 */
export async function endUserIfFound(...asked: Parameters<typeof endUser>): Promise<void> {
  const [{ env }, by, hash] = asked;
  for await (const _found of env.sessions.find(by, hash)) {
    await endUser(...asked);
    return;
  }
}

/**
 * Tells whether a user was signed out everywhere after a sign-in began. The index by which sessions are found lags
 * behind the table; the marks that `endUser` and operators leave are read consistently.
 */
export async function wasSignedOutSince(
  { marks }: Pick<Broker, 'marks'>,
  { subject, email, sid }: Partial<SessionIndex>,
  startedAt: number,
): Promise<boolean> {
  const hashes = [everyoneHash, subject, email, sid].filter((hash) => hash !== undefined);
  return (await marks.signedOutBefore(hashes)) >= startedAt;
}
