// When a store or a signer does not answer, the request ends with 503, to be tried again soon.
import { BrokerError, retrySoon } from '#core/errors.ts';

/** `operation` goes to the log. The cause's text may hold ARNs, so only its name is logged. */
export function unavailableError(
  code: 'signer_unavailable' | 'store_unavailable',
  operation: string,
  cause: unknown,
): BrokerError {
  const name = cause instanceof Error ? cause.name : typeof cause;
  return new BrokerError(code, `${operation} failed: ${name}`, {
    cause,
    headers: retrySoon(),
  });
}
