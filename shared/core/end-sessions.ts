// Ending sessions from outside, found by their hashes. Nothing is opened: that takes the cookie.
import type { Broker } from './broker.ts';

type Needs = Pick<Broker, 'sessions' | 'marks' | 'clock' | 'log'>;

/** Ends what `by` finds; returns how many there were. */
export async function endSessions(
  { sessions, log }: Needs,
  by: 'subject' | 'sid' | 'email' | 'key',
  hash: string,
  why: string,
): Promise<number> {
  let ended = 0;
  for await (const id of sessions.find(by, hash)) {
    if (await sessions.end(id)) {
      ended++;
      log('session.ended', { why });
    }
  }
  return ended;
}

/**
 * The same, and no sign-in that is on its way now will count. The mark comes first: a session that is not to be found
 * yet, since the index lags behind the table, meets it at its next renewal.
 */
export async function endUser(
  needs: Needs,
  by: 'subject' | 'email' | 'sid',
  hash: string,
  why: string,
): Promise<number> {
  await needs.marks.revoke(hash, needs.clock.now() / 1000);
  return endSessions(needs, by, hash, why);
}
