// Every answer is counted with its time, and with whether this machine is too slow for so many users.
import type { ErrorCode } from '#core/errors.ts';
import type { Answer } from '#test/support/visitor.ts';
import type { Tally } from './tally.ts';

/** What a machine that is too slow for so many may be answered; how often is limited. */
const tooMuch: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['signer_unavailable', 'store_unavailable', 'refresh_unavailable'] as const),
  ...(['upstream_timeout', 'upstream_unreachable'] as const),
]);

/** The gateway itself gives up after half a minute, with 503 in its own words. */
export const isTooMuch = (answer: Pick<Answer, 'status' | 'headers' | 'text'>): boolean =>
  answer.status === 503 || tooMuch.has(codeOf(answer) ?? '');

export const codeOf = ({ headers, text }: Pick<Answer, 'headers' | 'text'>): string | undefined =>
  headers['content-type']?.includes('problem+json')
    ? (JSON.parse(text) as { code: string }).code
    : undefined;

export async function timed(
  tally: Tally,
  what: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const began = performance.now();
  const answer = await ask();
  if (isTooMuch(answer)) tally.tooMuch();
  const { status } = answer;
  tally.answered({ what, status, code: codeOf(answer) }, performance.now() - began);
  return answer;
}
