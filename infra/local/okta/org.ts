// What the parts of the stand-in share: the org, and an authorization server of it.
import type { Provider } from 'oidc-provider';
import type { EventFeed } from './events.ts';
import type { Faults } from './faults.ts';
import type { ServerKeys } from './keys.ts';
import type { Nonces } from './nonces.ts';
import type { OktaClient, Settings } from './options.ts';
import type { Rows } from './store.ts';

export interface Org {
  origin: string;
  settings: Settings;
  faults: Faults;
  events: EventFeed;
  clients: Map<string, OktaClient>;
  /** Scopes of one's own APIs by resource indicator (RFC 8707). */
  resources: Map<string, string[]>;
  sessions: Rows;
}

export interface AuthorizationServer {
  name: 'org' | 'default';
  issuer: string;
  /** The path below which its endpoints are. */
  mount: string;
  /** The audience of access tokens that no resource was named for. */
  audience: string;
  provider: Provider;
  nonces: Nonces;
  keys: ServerKeys;
  /** What it keeps: codes, tokens, grants. */
  rows: Rows;
}
