// When a store or a signer does not answer, the request ends with 503, to be tried again soon.
import { BrokerError, NotSigned, retrySoon } from '#core/errors.ts';

/** `operation` goes to the log. The cause's text may hold ARNs, so only its name is logged. */
export const storeUnavailable = (operation: string, cause: unknown): BrokerError =>
  new BrokerError('store_unavailable', failed(operation, cause), { cause, headers: retrySoon() });

export const notSigned = (operation: string, cause: unknown): NotSigned =>
  new NotSigned(failed(operation, cause), { cause, headers: retrySoon() });

const failed = (operation: string, cause: unknown): string =>
  `${operation} failed: ${cause instanceof Error ? cause.name : typeof cause}`;
