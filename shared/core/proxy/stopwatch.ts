// Measures where the time of a call goes, and what it is waiting for when its time is up.
import type { Clock } from '#core/ports.ts';

export type CallPart = 'store' | 'signer' | 'token' | 'upstream';

export interface Stopwatch {
  /** Counts from now until the promise settles. */
  time<T>(part: CallPart, work: Promise<T>): Promise<T>;
  /** The milliseconds so far. */
  spent(part: CallPart): number;
  total(): number;
  waitingFor(): CallPart | undefined;
}

export function stopwatch(clock: Clock): Stopwatch {
  const begun = clock.now();
  const spent = { store: 0, signer: 0, token: 0, upstream: 0 };
  const pending: CallPart[] = [];
  return {
    async time(part, work) {
      const from = clock.now();
      pending.push(part);
      try {
        return await work;
      } finally {
        pending.splice(pending.indexOf(part), 1);
        spent[part] += clock.now() - from;
      }
    },
    spent: (part) => spent[part],
    total: () => clock.now() - begun,
    waitingFor: () => pending[0],
  };
}
