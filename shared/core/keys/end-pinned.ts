// Ending many sessions at once, within the time that one call of the function has.
import type { Operator } from './operator.ts';

const together = 16;

export interface Ended {
  /** Those that were live, whoever ended them first. */
  found: number;
  ended: number;
  /** Time ran out, and there are more. */
  more: boolean;
}

export async function endFound(
  { sessions, clock, log }: Pick<Operator, 'sessions' | 'clock' | 'log'>,
  by: 'subject' | 'email' | 'key',
  value: string,
  { why, deadlineMs }: { why: string; deadlineMs: number },
): Promise<Ended> {
  const total: Ended = { found: 0, ended: 0, more: false };
  let batch: string[] = [];
  const endBatch = async () => {
    const ends = await Promise.all(batch.map((id) => sessions.end(id)));
    total.found += batch.length;
    total.ended += ends.filter(Boolean).length;
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
  if (total.ended > 0) log('sessions.revoked', { why, sessions: total.ended });
  return total;
}
