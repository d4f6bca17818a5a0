// The effects of the `resource` switch of faults.ts on the app's own API.
import type { IncomingMessage } from 'node:http';
import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { type ResourceAccess, refused } from './access.ts';
import { leavesUnanswered, stepUpChallenge } from './shared-faults.ts';

/** `gone`: no answer will be sent. Undefined: continue as usual. */
export function resourceFault(
  fault: string | undefined,
  { nonces }: ResourceAccess,
  req: IncomingMessage,
): OktaAnswer | 'gone' | undefined {
  if (leavesUnanswered(fault, req)) return 'gone';
  switch (fault) {
    case undefined:
      return undefined;
    case 'nonce_always':
      nonces.reset();
      return refused('use_dpop_nonce', 'Resource server requires nonce in DPoP proof').refusal;
    case 'nonce_rotating':
      // Every answer carries the only nonce that the next call may use.
      nonces.reset();
      return undefined;
    case 'invalid_token':
      return refused('invalid_token', 'The access token is invalid').refusal;
    case 'step_up':
      return { status: 401, headers: stepUpChallenge };
    case 'redirect':
      return { status: 302, headers: { location: 'https://evil.example/collect' } };
    default:
      return { status: 500, body: { error: 'server_error' } };
  }
}
