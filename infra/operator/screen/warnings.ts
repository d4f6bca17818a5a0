// Likely problems with a command that runs anyway.
import type { OperatorEvent } from '#shared/operator-request.ts';

/** How long others may cache our key set, as /bff/jwks says. */
const keptSeconds = 300;

export function warningOf(event: OperatorEvent): string | undefined {
  if (event.action !== 'rotate' || event.dryRun || event.publishSeconds === undefined)
    return undefined;
  if (event.publishSeconds >= keptSeconds) return undefined;
  return (
    `the authorization server may keep our key set for ${keptSeconds} seconds. With --wait ${event.publishSeconds}, ` +
    'sign-ins and renewals may fail until it has read it again.'
  );
}
