// The configuration of the product in a run: every kind of route, and every kind of client.
import type { OwnConfig } from '#infra/local/run/own-config.ts';

/** How the client authenticates: by a key in KMS, or by a secret in Secrets Manager. */
export type Client = 'key' | 'secret';

export const clientSecret = 'a-secret-of-32-characters-at-least';

export const clientOf = (client: Client): OwnConfig =>
  client === 'secret' ? { clientAuth: 'client_secret_basic', clientSecret } : {};

/** So that an API that hangs occupies its caller for no longer than the other faults. */
const timeoutMs = 2_500;

export function configuration(issuer: string, api: string, orders: string): OwnConfig {
  const own = { upstream: api, wholeHost: true, resource: api, timeoutMs };
  return {
    scopes: [
      'openid',
      'profile',
      'email',
      'offline_access',
      'okta.users.read.self',
      'okta.myAccount.profile.read',
      'orders.read',
      'orders.write',
    ],
    streaming: true,
    streams: { checkSeconds: 1, maxSeconds: 60 },
    session: { deviceBound: 'prefer' },
    routes: [
      { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false, timeoutMs },
      {
        path: '/bff/api/myaccount/*',
        upstream: `${issuer}/idp/myaccount`,
        stream: false,
        timeoutMs,
      },
      { path: '/bff/api/own/*', ...own, methods: ['GET', 'POST'], stream: false },
      { path: '/bff/api/live/*', ...own, upstream: `${api}/stream`, stream: true },
      {
        path: '/bff/api/shop/*',
        upstream: orders,
        wholeHost: true,
        methods: ['GET', 'DELETE'],
        resource: orders,
        stream: false,
      },
    ],
  };
}
