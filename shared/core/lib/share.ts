// The time that one step of a request may take. Steps that wait for the authorization server have limits of their own,
// whose sum exceeds what a gateway waits. Together they share the time that the request has left.
import type { Broker } from '#core/broker.ts';

/** Ends after `mostMs`, or earlier, when this share of the remaining time is over. */
export function shareOf(
  { remainingMs }: Pick<Broker, 'remainingMs'>,
  part: number,
  mostMs: number,
): AbortSignal {
  return AbortSignal.timeout(Math.max(0, Math.floor(Math.min(mostMs, remainingMs() * part))));
}
