// A store or a signer that does not answer ends the request: 503, to be tried again soon.
import { BrokerError, soon } from '../core/errors.ts';

/** `operation` for the log; the cause's text may hold ARNs, so only its name goes there. */
export function unavailable(
  code: 'signer_unavailable' | 'store_unavailable',
  operation: string,
  cause: unknown,
): BrokerError {
  const name = cause instanceof Error ? cause.name : typeof cause;
  return new BrokerError(code, `${operation} failed: ${name}`, {
    cause,
    headers: soon(),
  });
}
