// Makes a Lambda handler for events that no gateway turns into answers: an operator's, a schedule's, an authorizer's.
import type { Context } from 'aws-lambda';
import type { Broker, RequestContext } from '#core/broker.ts';
import { logOf } from '#shared/log.ts';
import { type Counting, reportSignatures } from '#shared/report-signatures.ts';

/** `make` runs once per environment, at the first event. Without `onFault`, Lambda learns of a failure. */
export function invoked<Env extends Pick<Broker, 'clock'> & Partial<Counting>, Event, Answer>(
  make: () => Env,
  handle: (context: RequestContext<Env>, event: Event) => Promise<Answer>,
  onFault?: (fault: unknown) => Answer,
) {
  let env: Env | undefined;
  return async (event: Event, lambda: Context): Promise<Answer> => {
    try {
      env ??= make();
      const deadline = env.clock.now() + lambda.getRemainingTimeInMillis();
      return await handle({ env, deadline, log: logOf(lambda.awsRequestId) }, event);
    } catch (fault) {
      if (!onFault) throw fault;
      return onFault(fault);
    } finally {
      reportSignatures(env);
    }
  };
}
