// Everything that the core works with, made once per environment by runtime.ts and passed first.
import type { Config } from '../config.ts';
import type { Issuer } from './issuer.ts';
import type { NonceCache } from './nonces.ts';
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

export interface Broker {
  config: Config;
  /** Discovery and signature keys of the configured authorization server. */
  issuer: Issuer;
  signer: Signer;
  keyRing: KeyRing;
  sessions: SessionStore;
  transactions: TransactionStore;
  marks: MarkStore;
  nonces: NonceCache;
  /** Of a client_secret_*; kept for a while, since rotating it must need no restart. */
  clientSecret(): Promise<string>;
  fetch: Fetch;
  clock: Clock;
  /** Until there must be an answer. An environment has all the time, one of its requests has not. */
  remainingMs(): number;
  random: RandomBytes;
  log: LogEvent;
}

export const secondsNow = (broker: Pick<Broker, 'clock'>): number =>
  Math.floor(broker.clock.now() / 1000);
