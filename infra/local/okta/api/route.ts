// The parts of an endpoint of Okta's APIs.

import type { OktaAnswer } from '#infra/local/okta/http.ts';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { oktaError } from '#infra/local/okta/people/challenges.ts';
import type { Directory } from '#infra/local/okta/people/directory.ts';
import type { StolenCall } from '#infra/local/okta/resource/thefts.ts';
import type { Nonces } from '#infra/local/okta/tokens/nonces.ts';
import type { Replays } from '#infra/local/okta/tokens/replays.ts';
import type { Access } from './access.ts';
import type { RateLimits } from './rate-limits.ts';

export interface Api {
  org: Org;
  server: AuthorizationServer;
  directory: Directory;
  replays: Replays;
  rates: RateLimits;
  /** Only for the faults: Okta demands no nonce at its resources. */
  resourceNonces: Nonces;
  /** The last call that was granted, so that thefts can use it. */
  lastCall: { value?: StolenCall };
}

export interface OktaApiCall {
  api: Api;
  method: string;
  url: URL;
  /** With its question mark, byte for byte. */
  rawQuery: string;
  access: Access;
  /** The values of the groups in the route's path. */
  params: string[];
  body: Buffer;
}

export interface ApiRoute {
  methods: string[];
  path: RegExp;
  /** One of these is enough. Challenges name the first. */
  scopes: string[];
  answer(call: OktaApiCall): OktaAnswer;
}

export const forbidden = (): OktaAnswer => ({ status: 403, body: oktaError('E0000006') });

export const notFound = (what: string): OktaAnswer => ({
  status: 404,
  body: oktaError('E0000007', what),
});

/** MyAccount's challenge, which differs from RFC 9470's. */
export const stepUp = (): OktaAnswer => ({
  status: 401,
  headers: {
    'www-authenticate':
      'Bearer realm="IdpMyAccountAPI", error="insufficient_authentication_context", ' +
      'error_description="The access token requires additional assurance to access the resource", ' +
      'max_age=900, acr_values="urn:okta:loa:2fa:any:ifpossible"',
  },
  body: oktaError('E0000011'),
});
