// Asking until it is over: the function never waits, it says when to ask again.
import { randomBytes } from 'node:crypto';
import type { Outcome } from '#core/keys/outcome.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';

export interface Driving {
  invoke(event: OperatorEvent): Promise<Outcome>;
  /** Told of everything that is not the end. */
  onProgress(outcome: Outcome): void;
  wait(ms: number): Promise<void>;
}

export async function drive(
  { invoke, onProgress, wait }: Driving,
  event: OperatorEvent,
): Promise<Outcome> {
  const asked =
    event.action === 'rotate' ? { driver: randomBytes(9).toString('hex'), ...event } : event;
  let endedBefore = 0;
  for (;;) {
    const outcome = await invoke(asked);
    const ended = endedIn(outcome);
    if (outcome.status !== 'waiting') {
      return endedBefore > 0 ? inAll(outcome, endedBefore + ended) : outcome;
    }
    endedBefore += ended;
    onProgress(outcome);
    await wait((outcome.retryAfterSeconds ?? 1) * 1000);
  }
}

const endedIn = (outcome: Outcome): number => {
  const { ended } = outcome as { ended?: unknown };
  return typeof ended === 'number' ? ended : 0;
};

/** Sessions that end in several calls are counted over all of them. */
const inAll = (outcome: Outcome, ended: number): Outcome<{ ended: number }> => ({
  ...outcome,
  message: `${outcome.message} In all, ${ended} sessions ended.`,
  ended,
});
