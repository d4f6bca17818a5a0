// What an endpoint of Okta's APIs is made of.
import type { Access } from './access.ts';
import { oktaError } from './challenges.ts';
import type { Directory } from './directory.ts';
import type { Answer } from './http.ts';
import type { Nonces } from './nonces.ts';
import type { AuthorizationServer, Org } from './org.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Replays } from './replays.ts';
import type { StolenCall } from './thefts.ts';

export interface Api {
  org: Org;
  server: AuthorizationServer;
  directory: Directory;
  replays: Replays;
  rates: RateLimits;
  /** For the faults only: Okta demands no nonce at its resources. */
  resourceNonces: Nonces;
  /** The last call that was granted, for those who want to steal it. */
  lastCall: { value?: StolenCall };
}

export interface Call {
  api: Api;
  method: string;
  url: URL;
  /** With its question mark, byte for byte. */
  rawQuery: string;
  access: Access;
  /** What the groups of the route's path caught. */
  params: string[];
  body: Buffer;
}

export interface ApiRoute {
  methods: string[];
  path: RegExp;
  /** Any of these will do; the first is the one that challenges name. */
  scopes: string[];
  answer(call: Call): Answer;
}

export const forbidden = (): Answer => ({ status: 403, body: oktaError('E0000006') });

export const notFound = (what: string): Answer => ({
  status: 404,
  body: oktaError('E0000007', what),
});

/** MyAccount's challenge, which is not RFC 9470's (SU-4). */
export const stepUp = (): Answer => ({
  status: 401,
  headers: {
    'www-authenticate':
      'Bearer realm="IdpMyAccountAPI", error="insufficient_authentication_context", ' +
      'error_description="The access token requires additional assurance to access the resource", ' +
      'max_age=900, acr_values="urn:okta:loa:2fa:any:ifpossible"',
  },
  body: oktaError('E0000011'),
});
