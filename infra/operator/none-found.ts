// Ending the sessions of somebody who has none is no success: the name may be mistyped, and an incident goes on.
import type { Outcome } from '#core/keys/outcome.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';

/** Of one who was named. Where all are to end, none is what was wanted. */
export function isNone(event: OperatorEvent, outcome: Outcome): boolean {
  if (event.action !== 'revoke' && event.action !== 'sessions') return false;
  if (outcome.status !== 'done' || !('user' in event.whose)) return false;
  return (outcome as { found?: number }).found === 0;
}

/** Listing none is an answer; ending none is not what was asked for. */
export function noneFound(event: OperatorEvent, outcome: Outcome): Outcome {
  const { user } = (event as { whose: { user: string } }).whose;
  const message = `No session of ${user} was found. ${hint(user, outcome)}`;
  return event.action === 'sessions'
    ? { ...outcome, message }
    : { ...outcome, status: 'refused', code: 'no_session', message };
}

function hint(user: string, outcome: Outcome): string {
  if ((outcome as { emailIndexed?: boolean }).emailIndexed === false) {
    return 'Sessions are not found by e-mail here, because the configuration lacks the scope email: name the user by sub.';
  }
  return user.includes('@')
    ? 'Check the spelling, or name the user by sub.'
    : 'It was taken for a sub, since it is no e-mail address.';
}
