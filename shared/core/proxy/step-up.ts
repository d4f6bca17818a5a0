// Turns a challenge for a stronger or newer sign-in (RFC 9470) into an answer for the page: the address of a sign-in
// that satisfies it. A session counts the step-ups that led to it; after two that changed nothing the loop ends.
import { type Broker, secondsNow } from '#core/broker.ts';
import type { Challenge } from '#core/dpop/challenge.ts';
import { BrokerError } from '#core/errors.ts';
import type { Session } from '#core/session/session.ts';

const mostTries = 2;
// A challenge this long after a sign-in counts as a new one: the sign-in did help for a while.
const loopSeconds = 60;

export async function stepUpRequired(
  broker: Pick<Broker, 'clock' | 'sessions'>,
  { record }: Session,
  challenge: Challenge,
): Promise<BrokerError> {
  const inARow = secondsNow(broker) - record.createdAt <= loopSeconds ? record.stepUps : 0;
  if (inARow >= mostTries) {
    return new BrokerError('step_up_required', 'signing in again did not satisfy the API');
  }
  if (inARow < record.stepUps) await broker.sessions.countStepUp(record.id, inARow).catch(() => {});
  return new BrokerError('step_up_required', 'the API asks for another sign-in', {
    extra: { login_url: loginUrl(challenge) },
  });
}

/** Passes on the parameters that /bff/login accepts, unchanged. A challenge without any asks for a new sign-in. */
export function loginUrl({ parameters }: Challenge): string {
  const query = new URLSearchParams();
  const acrValues = parameters.get('acr_values')?.trim().replace(/\s+/g, ' ');
  if (acrValues && acrValues.length <= 500 && words.test(acrValues)) {
    query.set('acr_values', acrValues);
  }
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && /^(?:0|[1-9]\d{0,8})$/.test(maxAge)) query.set('max_age', maxAge);
  if (query.size === 0) query.set('max_age', '0');
  return `/bff/login?${query}`;
}

const words = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;
