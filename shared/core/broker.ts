// What the core works with, by how long it lives. It is always the first argument.
import type { NonceCache } from './dpop/nonces.ts';
import type { SignatureTally } from './dpop/tally.ts';
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
import type { RenewalPauses } from './renewal/pause.ts';
import type { CoreSettings } from './settings.ts';

/**
 * Lives as long as a Lambda environment, which serves one request after another. A composition root under
 * shared/runtime makes it once. It knows nothing of any request.
 */
export interface Broker {
  config: CoreSettings;
  /** Discovery and signature keys of the configured authorization server. */
  issuer: Issuer;
  signer: Signer;
  /** Counts what the signer asks of KMS. The edge reports it at the end of an event (shared/report-signatures.ts). */
  signatures: SignatureTally;
  keyRing: KeyRing;
  sessions: SessionStore;
  transactions: TransactionStore;
  marks: MarkStore;
  nonces: NonceCache;
  learned: Learned;
  /** The secret of client_secret_*. It is kept for a while only, so that rotating it needs no restart. */
  clientSecret(): Promise<string>;
  /** For the authorization server. */
  fetch: Fetch;
  clock: Clock;
  random: RandomBytes;
}

/** Lives as long as one request. The edge makes it (shared/http). */
export interface RequestContext<Env = Broker> {
  env: Env;
  /** When there must be an answer, in epoch milliseconds of the environment's clock. */
  deadline: number;
  /** Every line carries the id of the request. */
  log: LogEvent;
}

export const remainingMs = ({
  env,
  deadline,
}: Pick<RequestContext<Pick<Broker, 'clock'>>, 'env' | 'deadline'>): number =>
  deadline - env.clock.now();

/** What an environment has found out about the authorization server. */
export interface Learned {
  /** Until then, in epoch seconds, a refresh with the active key is not tried: it was refused. */
  activeKeyRefusedUntil?: number;
  /** The audience of a client assertion that the revocation endpoint accepts. */
  revocationAudience?: NonNullable<CoreSettings['assertionAudience']>;
  /** Until then, in epoch seconds, a request is not repeated when the server does not know the client. */
  clientUnknownUntil?: number;
  /** How long the token endpoint has asked renewals to wait. */
  pauses?: RenewalPauses;
}

export const secondsNow = (broker: Pick<Broker, 'clock'>): number =>
  Math.floor(broker.clock.now() / 1000);
