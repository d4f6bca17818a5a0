// What one step of a request may take. Steps that wait for the authorization server have limits of their own, whose sum
// is more than a gateway waits: together they share what the request has left.
import type { Broker } from './broker.ts';

/** Ends after `mostMs`, or earlier, when this part of the time that is left is over. */
export function shareOf(
  { remainingMs }: Pick<Broker, 'remainingMs'>,
  part: number,
  mostMs: number,
): AbortSignal {
  return AbortSignal.timeout(Math.max(0, Math.floor(Math.min(mostMs, remainingMs() * part))));
}
