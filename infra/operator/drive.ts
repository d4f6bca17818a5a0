// Asks until the action is finished: the function never waits, but says when to ask again.
import { randomBytes } from 'node:crypto';
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';

export interface Driving {
  invoke(event: OperatorEvent): Promise<OperatorOutcome>;
  /** Called for every answer except the last. */
  onProgress(outcome: OperatorOutcome): void;
  wait(ms: number): Promise<void>;
}

export async function drive(
  { invoke, onProgress, wait }: Driving,
  event: OperatorEvent,
): Promise<OperatorOutcome> {
  const run = { driver: randomBytes(9).toString('hex') };
  let before: Counts = { found: 0, ended: 0 };
  for (let first = true; ; first = false) {
    const turn = first ? 'first' : 'later';
    const outcome = await invoke(event.action === 'rotate' ? { ...run, turn, ...event } : event);
    if (outcome.status !== 'waiting') return before.ended > 0 ? inAll(outcome, before) : outcome;
    before = sum(before, countsIn(outcome));
    onProgress(outcome);
    await wait((outcome.retryAfterSeconds ?? 1) * 1000);
  }
}

interface Counts {
  found: number;
  ended: number;
}

const countsIn = (outcome: OperatorOutcome): Counts => {
  const { found, ended } = outcome as { found?: unknown; ended?: unknown };
  return {
    found: typeof found === 'number' ? found : 0,
    ended: typeof ended === 'number' ? ended : 0,
  };
};

const sum = (a: Counts, b: Counts): Counts => ({
  found: a.found + b.found,
  ended: a.ended + b.ended,
});

/** When sessions end over several calls, all of them are counted. */
function inAll(outcome: OperatorOutcome, before: Counts): OperatorOutcome<{ ended: number }> {
  const { found, ended } = sum(before, countsIn(outcome));
  const said = outcome.code === 'revoked' ? '' : `${outcome.message} `;
  return {
    ...outcome,
    message: `${said}In all, ${ended} sessions ended.`,
    ...('found' in outcome && { found }),
    ended,
  };
}
