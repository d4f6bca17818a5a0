// Makes sure that we answer in time: Lambda ends an invocation without an explanation.
import { type Broker, type RequestContext, remainingMs } from '#core/broker.ts';
import { BrokerError, type ErrorCode } from '#core/errors.ts';
import { withTimeLimit } from '#core/lib/time-limit.ts';
import { lastMomentsMs, waitsMs } from '#core/limits.ts';
import type { LogEvent } from '#core/ports.ts';
import type { Handle } from './message.ts';

/** Adds to the environment what belongs to one request. `lambdaMs` is the time that Lambda leaves for it. */
export const contextOf = <Env extends Pick<Broker, 'clock'>>(
  env: Env,
  log: LogEvent,
  lambdaMs: number,
): RequestContext<Env> => ({
  env,
  deadline: env.clock.now() + Math.min(lambdaMs - lastMomentsMs, waitsMs.answer),
  log,
});

/** `code` is the answer when the time is up. */
export const inTime =
  (code: ErrorCode, handle: Handle): Handle =>
  (context, request) =>
    withTimeLimit(remainingMs(context), handle(context, request), () => {
      throw new BrokerError(code, 'the time ran out');
    });
