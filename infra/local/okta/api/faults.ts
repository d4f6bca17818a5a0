// The effects of the `api` switch of faults.ts on Okta's resources.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt } from 'jose';
import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { oktaError } from '#infra/local/okta/people/challenges.ts';
import { leavesUnanswered, stepUpChallenge } from '#infra/local/okta/resource/shared-faults.ts';
import { type Api, stepUp } from './route.ts';

export async function apiFault(
  { org, resourceNonces }: Pick<Api, 'org' | 'resourceNonces'>,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<OktaAnswer | 'gone' | undefined> {
  await org.faults.delay('apiDelayMs');
  const { nonce } = decodeJwt(String(req.headers.dpop)) as { nonce?: string };
  const fault = org.faults.take('api');
  if (leavesUnanswered(fault, req)) return 'gone';
  switch (fault) {
    case undefined:
      return undefined;
    // Okta demands no nonce here today. If it ever does, it will use its own form or RFC 9449's.
    case 'nonce_always':
      resourceNonces.rotate();
      return nonceChallenge(400, resourceNonces.current());
    case 'nonce_rotating': {
      const known = nonce !== undefined && nonce === resourceNonces.current();
      resourceNonces.rotate();
      if (!known) return nonceChallenge(400, resourceNonces.current());
      res.setHeader('dpop-nonce', resourceNonces.current());
      return undefined;
    }
    case 'nonce_rfc':
      return nonce !== undefined && resourceNonces.accepts(nonce)
        ? undefined
        : nonceChallenge(401, resourceNonces.current());
    case 'invalid_token':
      return {
        status: 401,
        headers: {
          'www-authenticate':
            'DPoP error="invalid_token", error_description="The access token is invalid."',
        },
        body: oktaError('E0000011'),
      };
    case 'step_up':
      return stepUp();
    case 'step_up_rfc9470':
      return {
        status: 401,
        headers: stepUpChallenge,
        body: oktaError('E0000011'),
      };
    case 'redirect':
      return { status: 302, headers: { location: `https://evil.example${url.pathname}` } };
    case 'rate_limited':
      return {
        status: 429,
        headers: { 'x-rate-limit-remaining': '0' },
        body: oktaError('E0000047'),
      };
    case 'cookies':
      res.setHeader('set-cookie', [
        'sid=upstream; Path=/',
        '__Host-Http-bff=stolen; Path=/; Secure',
      ]);
      res.setHeader('clear-site-data', '"cookies"');
      res.setHeader('access-control-allow-origin', '*');
      return undefined;
    default:
      return { status: 500, body: oktaError('E0000009') };
  }
}

const nonceChallenge = (status: number, nonce: string): OktaAnswer => ({
  status,
  headers: {
    'www-authenticate':
      'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof."',
    'dpop-nonce': nonce,
  },
});
