// Ending many sessions at once, within the time that one call of the function has.
import type { Operator } from './operator.ts';

const together = 16;

export interface Ended {
  ended: number;
  /** Time ran out: there are more. */
  more: boolean;
}

export async function endFound(
  { sessions, clock, log }: Pick<Operator, 'sessions' | 'clock' | 'log'>,
  by: 'subject' | 'email' | 'key',
  value: string,
  { why, deadlineMs }: { why: string; deadlineMs: number },
): Promise<Ended> {
  let ended = 0;
  let more = false;
  let found: string[] = [];
  const endThem = async () => {
    const ends = await Promise.all(found.map((id) => sessions.end(id)));
    ended += ends.filter(Boolean).length;
    found = [];
  };
  for await (const id of sessions.find(by, value)) {
    found.push(id);
    if (found.length < together) continue;
    await endThem();
    more = clock.now() >= deadlineMs;
    if (more) break;
  }
  await endThem();
  if (ended > 0) log('sessions.revoked', { why, sessions: ended });
  return { ended, more };
}
