// The configuration of a local run: what the developer gave, on top of what the stand-ins need.

import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';

/** A local run may leave out what the stand-in makes obvious. */
export type OwnConfig = Partial<ConfigInput>;

export interface Surroundings {
  gatewayUrl: string;
  /** Only when the Okta stand-in runs. */
  issuer?: string;
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
export function completeConfig(own: OwnConfig, { gatewayUrl, issuer }: Surroundings): Config {
  const standIn = issuer && {
    issuer,
    clientId: 'bff-local',
    scopes: sampleScopes,
    routes: sampleRoutes(issuer),
  };
  return parseConfig({ publicOrigin: gatewayUrl, ...standIn, ...own }, 'local');
}

/** The users API, which is the default, and MyAccount, which requires a step-up. */
const sampleRoutes = (issuer: string): ConfigInput['routes'] => [
  { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false },
  { path: '/bff/api/myaccount/*', upstream: `${issuer}/idp/myaccount`, stream: false },
];
