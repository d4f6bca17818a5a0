// One request of a user: how long it took, and whether the answer is one that may be given.
import type { ErrorCode } from '#core/errors.ts';
import { sessionName } from '#test/support/running.ts';
import type { Answer, Ask } from '#test/support/visitor.ts';
import type { Company, State } from './company.ts';
import { prove } from './device.ts';
import { codeOf, isTooMuch, timed } from './timed.ts';

const over: ReadonlySet<string> = new Set<ErrorCode>(['session_expired', 'not_signed_in']);

export interface Wanted extends Ask {
  what: string;
  path: string;
  /** The statuses that may come; 200 unless it says otherwise. */
  expected?: number[];
}

export async function ask(company: Company, state: State, wanted: Wanted): Promise<Answer> {
  const { what, path, expected = [200], ...rest } = wanted;
  const { user, visit } = state;
  const { tally } = company;
  const once = () => timed(tally, what, () => visit.fetch(path, rest));
  let answer = await once();
  // The bound cookie lasts ten minutes: the browser gets the next one and asks again.
  if (codeOf(answer) === 'device_proof_required' && (await prove(company, state))) {
    answer = await once();
  }
  const code = codeOf(answer);
  if (isOver(what, answer)) {
    // A session that nobody ended is not over.
    if (!user.mayBeOver) tally.unexpected(`${what}: a session was lost`);
    visit.forget(sessionName);
  } else if (!expected.includes(answer.status) && !isTooMuch(answer)) {
    tally.unexpected(`${what} ${answer.status} ${code ?? ''}`);
  }
  return answer;
}

const isOver = (what: string, answer: Answer) =>
  over.has(codeOf(answer) ?? '') ||
  (what === 'session' && answer.text.includes('"authenticated":false'));
