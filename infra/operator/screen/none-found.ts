// Ending the sessions of a user who has none is no success: the name may be mistyped while an incident goes on.
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';

/** For a named user. When all sessions are to end, finding none is fine. */
export function isNone(event: OperatorEvent, outcome: OperatorOutcome): boolean {
  if (event.action !== 'revoke' && event.action !== 'sessions') return false;
  if (outcome.status !== 'done' || !('user' in event.whose)) return false;
  return (outcome as { found?: number }).found === 0;
}

/** An empty list is an answer; ending no session is not what was asked for. */
export function noneFound(event: OperatorEvent, outcome: OperatorOutcome): OperatorOutcome {
  const { user } = (event as { whose: { user: string } }).whose;
  const message = `No session of ${user} was found. ${hint(user, outcome)}`;
  return event.action === 'sessions'
    ? { ...outcome, message }
    : { ...outcome, status: 'refused', code: 'no_session', message };
}

function hint(user: string, outcome: OperatorOutcome): string {
  if ((outcome as { emailIndexed?: boolean }).emailIndexed === false) {
    return 'Sessions are not found by e-mail here, because the configuration lacks the scope email: name the user by sub.';
  }
  return user.includes('@')
    ? 'Check the spelling, or name the user by sub.'
    : 'It was taken for a sub, because it is not an e-mail address.';
}
