// Everything that the broker depends on, in this process: the gateway and the functions have one of their own, so that
// nothing else is in its memory.

import { addresses } from '#infra/local/lib/addresses.ts';
import { type Okta, people, startOkta, startResourceServer } from '#infra/local/okta/index.ts';
import { scopes as ownApiScopes } from '#infra/local/orders/orders.ts';
import { type Backends, startBackends } from '#infra/local/run/backends.ts';
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import { userAt } from '#test/support/people.ts';

export type Surroundings = Awaited<ReturnType<typeof startSurroundings>>;

export const clientId = 'soak';
const table = 'bff';

export interface SurroundingsOptions {
  /** Where the gateway will be. */
  gatewayUrl: string;
  users: number;
  tokenSeconds: number;
}

export async function startSurroundings({ gatewayUrl, users, tokenSeconds }: SurroundingsOptions) {
  people.push(...Array.from({ length: users }, (_, nth) => userAt('soak.example', nth, idOf(nth))));
  const backends = await startBackends({
    endpoints: {},
    table,
    keySpec: 'ECC_NIST_P256',
    latency: {},
    environment: {},
  });
  const okta = await startOkta({
    port: 0,
    accessTokenSeconds: tokenSeconds,
    keySetSeconds: 1,
    rateLimit: 1_000_000,
    clients: [{ clientId, clientAuth: 'private_key_jwt', ...addresses(gatewayUrl, gatewayUrl) }],
  });
  const api = await startResourceServer({ okta, port: 0 });
  const refusals = new Map<string, number>();
  okta.events.subscribe(({ kind, status, error, description = '' }) => {
    if (kind === 'api' || status < 400 || error === 'use_dpop_nonce') return;
    const refusal = `${kind} ${status} ${error}: ${description}`;
    refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
  });
  return {
    okta,
    backends,
    /** What the authorization server refused, and how often. */
    refusals,
    config: configuration(okta, api.origin),
    /** Access tokens may be for this API, too. */
    knows(ownApi: string) {
      okta.resources.set(ownApi, ownApiScopes);
    },
    rotateNonces() {
      for (const { nonces } of Object.values(okta.servers)) nonces.reset();
      api.nonces.reset();
    },
    async close() {
      await Promise.all([api.close(), okta.close(), backends.close()]);
    },
  };
}

export const endpointsOf = ({ dynamodb, kms }: Backends): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb?.url ?? '',
  AWS_ENDPOINT_URL_KMS: kms?.url ?? '',
});

export const idOf = (nth: number) => `00u7soak${String(nth).padStart(6, '0')}local`;

function configuration({ issuer }: Okta, api: string): OwnConfig {
  const own = { wholeHost: true, resource: api };
  return {
    issuer,
    clientId,
    scopes: [
      ...['openid', 'profile', 'email', 'offline_access', 'okta.users.read.self'],
      ...['okta.myAccount.profile.read', ...ownApiScopes],
    ],
    session: { deviceBound: 'prefer' },
    streaming: true,
    streams: { checkSeconds: 1, maxSeconds: 60 },
    routes: [
      { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false },
      { path: '/bff/api/myaccount/*', upstream: `${issuer}/idp/myaccount`, stream: false },
      { path: '/bff/api/own/*', upstream: api, ...own, methods: ['GET', 'POST'], stream: false },
      { path: '/bff/api/live/*', upstream: `${api}/stream`, ...own, stream: true },
    ],
  };
}
