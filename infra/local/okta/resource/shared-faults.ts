// Faults that Okta's resources and the app's own API have in common.
import type { IncomingMessage } from 'node:http';

/** Returns true when no answer will be sent: the connection dies at once, or nothing ever comes. */
export function leavesUnanswered(fault: string | undefined, req: IncomingMessage): boolean {
  if (fault === 'drop_before') req.socket.destroy();
  return fault === 'drop_before' || fault === 'hang';
}

/** In the form of RFC 9470 section 3. */
export const stepUpChallenge = {
  'www-authenticate':
    'DPoP error="insufficient_user_authentication", ' +
    'error_description="A different authentication level is required", ' +
    'acr_values="urn:okta:loa:2fa:any", max_age="300"',
};
