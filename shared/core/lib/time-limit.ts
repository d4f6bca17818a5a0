// Limits in time: for one step of a request, and for work that is not worth waiting for.
import { remainingMs } from '#core/broker.ts';

/**
 * Ends after `mostMs`, or earlier, when this share of the remaining time is over. Steps that wait for the authorization
 * server have limits of their own, whose sum exceeds what a gateway waits: together they share what the request has left.
 */
export function shareOfTime(
  context: Parameters<typeof remainingMs>[0],
  { mostMs, share }: { mostMs: number; share: number },
): AbortSignal {
  return AbortSignal.timeout(
    Math.max(0, Math.floor(Math.min(mostMs, remainingMs(context) * share))),
  );
}

/** Returns the result of `work`, or `otherwise` when that takes longer. The work goes on, and its result is dropped. */
export function withTimeLimit<T, U>(
  ms: number,
  work: Promise<T>,
  otherwise: () => U,
): Promise<T | U> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(otherwise());
      } catch (fault) {
        reject(fault);
      }
    }, ms);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (fault) => {
        clearTimeout(timer);
        reject(fault);
      },
    );
  });
}
