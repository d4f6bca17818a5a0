// Everything that the core works with. runtime.ts makes it once per environment, and it is always the first argument.

import type { NonceCache } from './dpop/nonces.ts';
import type { Issuer } from './issuer/issuer.ts';
import type {
  Clock,
  Fetch,
  KeyRing,
  LogEvent,
  MarkStore,
  RandomBytes,
  SessionStore,
  Signer,
  TransactionStore,
} from './ports.ts';
import type { CoreSettings } from './settings.ts';

export interface Broker {
  config: CoreSettings;
  /** Discovery and signature keys of the configured authorization server. */
  issuer: Issuer;
  signer: Signer;
  keyRing: KeyRing;
  sessions: SessionStore;
  transactions: TransactionStore;
  marks: MarkStore;
  nonces: NonceCache;
  /** The secret of client_secret_*. It is kept for a while only, so that rotating it needs no restart. */
  clientSecret(): Promise<string>;
  fetch: Fetch;
  clock: Clock;
  /** The time until there must be an answer. It is unlimited for an environment, and limited for a request. */
  remainingMs(): number;
  random: RandomBytes;
  log: LogEvent;
}

export const secondsNow = (broker: Pick<Broker, 'clock'>): number =>
  Math.floor(broker.clock.now() / 1000);
