// What the parts of the stand-in share: the org and its authorization servers.
import type { Provider } from 'oidc-provider';
import type { OktaClient, OktaSettings } from './options.ts';
import type { ServerKeys } from './server/keys.ts';
import type { Rows } from './server/store.ts';
import type { EventFeed } from './switchboard/events.ts';
import type { Faults } from './switchboard/faults.ts';
import type { Nonces } from './tokens/nonces.ts';

export interface Org {
  origin: string;
  /** The origin is a public one, which leads here by a tunnel. */
  isPublic: boolean;
  /** Signs the cookies of its servers, which share the session's. */
  cookieKey: string;
  settings: OktaSettings;
  faults: Faults;
  events: EventFeed;
  clients: Map<string, OktaClient>;
  /** Scopes of the apps' own APIs, by resource indicator (RFC 8707). */
  resources: Map<string, string[]>;
  sessions: Rows;
}

export interface AuthorizationServer {
  name: 'org' | 'default';
  issuer: string;
  /** The path below which its endpoints are. */
  mount: string;
  /** The audience of access tokens when no resource was named. */
  audience: string;
  provider: Provider;
  nonces: Nonces;
  keys: ServerKeys;
  /** What it stores: codes, tokens, grants. */
  rows: Rows;
}
