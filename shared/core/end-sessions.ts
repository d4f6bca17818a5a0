// Ending sessions from outside: by the authorization server, an operator or the kill switch. They are found by their
// hashes or by their key; nothing is opened, since that takes the cookie.
import type { Broker } from './broker.ts';

type Needs = Pick<Broker, 'sessions' | 'clock' | 'log'>;

export interface Ended {
  /** Those that were live, whoever ended them first. */
  found: number;
  ended: number;
  /** Time ran out, and there are more. */
  more: boolean;
}

const together = 16;

/** Every session that it ends is an event of its own. */
export async function endSessions(
  { sessions, clock, log }: Needs,
  by: 'subject' | 'sid' | 'email' | 'key',
  value: string,
  { why, deadlineMs = Number.POSITIVE_INFINITY }: { why: string; deadlineMs?: number },
): Promise<Ended> {
  const total: Ended = { found: 0, ended: 0, more: false };
  const end = async (id: string) => {
    if ((await sessions.end(id)) !== 'ended') return;
    total.ended += 1;
    log('session.ended', { why });
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
 * The same, and no sign-in that is under way counts. The mark comes first: a session that cannot be found yet, because
 * the index lags behind the table, meets it at its next renewal.
 */
export async function endUser(
  needs: Marking,
  by: 'subject' | 'email' | 'sid',
  hash: string,
  why: string,
): Promise<Ended> {
  await needs.marks.revoke(hash, needs.clock.now() / 1000);
  return endSessions(needs, by, hash, { why });
}

type Marking = Needs & Pick<Broker, 'marks'>;

/**
 * The same for a caller who proves nothing. Only a session that is found leaves a mark: whoever guesses writes nothing. A
 * session that the index does not show yet stays, if it is the only one.
 */
export async function endUserIfFound(...asked: Parameters<typeof endUser>): Promise<void> {
  const [{ sessions }, by, hash] = asked;
  for await (const _found of sessions.find(by, hash)) {
    await endUser(...asked);
    return;
  }
}
