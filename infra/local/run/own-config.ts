// The configuration of a local run: what the developer gave, on top of what the stand-ins need.

import { scopes as orderScopes } from '#infra/local/orders/orders.ts';
import type { ConfigInput, RouteInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';

/** A local run may leave out what the stand-in makes obvious. */
export type OwnConfig = Partial<ConfigInput>;

export interface Surroundings {
  gatewayUrl: string;
  /** Only when the Okta stand-in runs. */
  issuer?: string;
  /** The origin of the orders API, if it runs. */
  orders?: string;
}

/** What the sample pages and people need. A stand-in of the org grants all of it. */
const sampleScopes = [
  'openid',
  'profile',
  'email',
  'offline_access',
  'okta.users.read',
  'okta.users.read.self',
  'okta.groups.read',
  'okta.myAccount.profile.read',
];

/** Throws ConfigError with every fault. */
export function completeConfig(
  own: OwnConfig,
  { gatewayUrl, issuer, orders }: Surroundings,
): Config {
  // The issuer gives the scopes of the orders API only together with its resource, which its route names.
  const withOrders = orders !== undefined && own.routes === undefined;
  const standIn = issuer && {
    issuer,
    clientId: 'bff-local',
    scopes: withOrders ? [...sampleScopes, ...orderScopes] : sampleScopes,
    routes: [...sampleRoutes(issuer), ...(withOrders ? [ordersRoute(orders)] : [])],
  };
  return parseConfig({ publicOrigin: gatewayUrl, ...standIn, ...own }, 'local');
}

/** The users API, which is the default, and MyAccount, which requires a step-up. */
const sampleRoutes = (issuer: string): RouteInput[] => [
  { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false },
  { path: '/bff/api/myaccount/*', upstream: `${issuer}/idp/myaccount`, stream: false },
];

/** An API of its own: it takes only tokens that were issued for it. */
const ordersRoute = (origin: string): RouteInput => ({
  path: '/bff/api/shop/*',
  upstream: origin,
  wholeHost: true,
  methods: ['GET', 'DELETE'],
  resource: origin,
  stream: false,
});
