// Makes sure that we answer in time: Lambda ends an invocation without an explanation.
import type { Broker } from '#core/broker.ts';
import { BrokerError, type ErrorCode } from '#core/errors.ts';
import { withTimeLimit } from '#core/lib/time-limit.ts';
import { lastMomentsMs } from '#core/limits.ts';
import type { Handle } from './message.ts';

/** `make` gets a broker that knows how much time its request has left. `code` is the answer when the time is up. */
export const inTime =
  (broker: Broker, code: ErrorCode, make: (broker: Broker) => Handle): Handle =>
  (request) => {
    const remainingMs = () => request.remainingMs() - lastMomentsMs;
    return withTimeLimit(remainingMs(), make({ ...broker, remainingMs })(request), () => {
      throw new BrokerError(code, 'the time ran out');
    });
  };
