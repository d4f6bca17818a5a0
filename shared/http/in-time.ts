// An answer of ours, whatever is slow: Lambda ends an invocation without a word.
import type { Broker } from '#core/broker.ts';
import { BrokerError, type ErrorCode } from '#core/errors.ts';
import { within } from '#core/within.ts';
import type { Handle } from './message.ts';

/** An answer needs a moment to get out. */
export const lastMomentsMs = 1_000;

/** The broker that `make` gets knows what time its request has left; `code` is the answer when that is over. */
export const inTime =
  (broker: Broker, code: ErrorCode, make: (broker: Broker) => Handle): Handle =>
  (request) => {
    const remainingMs = () => request.remainingMs() - lastMomentsMs;
    return within(remainingMs(), make({ ...broker, remainingMs })(request), () => {
      throw new BrokerError(code, 'out of time');
    });
  };
