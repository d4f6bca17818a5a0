// An authorization server that nobody here wrote, as the journeys see it.
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import type { Front } from './front.ts';
import type { User } from './pages.ts';

export type ClientAuth = NonNullable<ConfigInput['clientAuth']>;

/** Our application, as it is registered there. */
export interface App {
  auth: ClientAuth;
  origin: string;
  /** How long an access token lives. */
  tokenSeconds?: number;
  /** How the server tells it that somebody signed out there. Default: back. */
  channel?: Channel;
}

export type Channel = 'back' | 'front';

export interface Peer {
  issuer: string;
  /** The issuer's address: all that we ask, and all that the browser asks, passes here. */
  front: Front;
  /** Paths of endpoints, from its own metadata. */
  paths: Record<EndpointName, string>;
  user: User;
  configOf(auth: ClientAuth): OwnConfig;
  /** Registers the app, or changes what is registered. */
  admit(app: App): Promise<void>;
  /** Whether the server still gives tokens for this refresh token. */
  isAlive(refreshToken: string): Promise<boolean>;
  /** Signs with a new key from now on. */
  rotateKeys(): Promise<void>;
  /** Ends the process, and starts it again over what it stored. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const endpoints = {
  token: 'token_endpoint',
  par: 'pushed_authorization_request_endpoint',
  revoke: 'revocation_endpoint',
  keys: 'jwks_uri',
  userinfo: 'userinfo_endpoint',
  logout: 'end_session_endpoint',
} as const;

export type EndpointName = keyof typeof endpoints;

export async function pathsOf(issuer: string): Promise<Record<EndpointName, string>> {
  const document = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata = (await (await fetch(document)).json()) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, field]) => [
      name,
      new URL(metadata[field] ?? '', issuer).pathname,
    ]),
  ) as Record<EndpointName, string>;
}
