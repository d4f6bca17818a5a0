// Everything that the operator's actions work with. Only the operator function has it: the functions that serve
// browsers can sign with a key, but not make, disable or delete one.
import type { Broker } from '#core/broker.ts';
import type {
  Clock,
  KeyUse,
  LogEvent,
  MarkStore,
  RandomBytes,
  SessionCensus,
  SessionStore,
  Signer,
} from '#core/ports.ts';
import type { RingStore } from './ring.ts';
import type { SignatureRecords } from './signatures/records.ts';

export type KeySpec = Broker['config']['dpop']['keySpec'];

export interface Operator {
  config: Broker['config'];
  /** The keys that were created with the deployment. */
  firstKeys: Record<KeyUse, string>;
  rings: RingStore;
  admin: KeyAdmin;
  /** Asks again each time, even when a key did not sign before. */
  signer: Signer;
  /** Counts what the signers ask of KMS. */
  signatures: Broker['signatures'];
  records: SignatureRecords;
  /** Signers for the same ids that use the replicas in another Region. */
  replicas: readonly { region: string; signer: Signer }[];
  sessions: SessionStore;
  census: SessionCensus;
  marks: MarkStore;
  clock: Clock;
  random: RandomBytes;
  log: LogEvent;
}

/** The life cycle of a key in KMS. A multi-Region key counts as one key here: every action reaches all its replicas. */
export interface KeyAdmin {
  /** Not idempotent: when the answer is lost, look for the rotation's name in `ours`. */
  create(wish: NewKey): Promise<string>;
  /** Every existing key of this broker, whether in the ring or not. */
  ours(): Promise<OwnKey[]>;
  /** Returns undefined when the key does not exist any more. */
  describe(id: string): Promise<KeyFacts | undefined>;
  /** The last signature, in epoch seconds, if KMS knows it. */
  lastUsedAt(id: string): Promise<number | undefined>;
  /** Does nothing when the key exists there already. */
  replicate(id: string, region: string): Promise<void>;
  disable(id: string): Promise<void>;
  /** Also cancels a deletion that has not happened yet. */
  enable(id: string): Promise<void>;
  /** Returns when the key will be gone. */
  scheduleDeletion(id: string, days: number): Promise<number>;
}

export interface NewKey {
  use: KeyUse;
  spec: KeySpec;
  /** The name of the rotation that makes the key, by which the key is found again. */
  rotation: string;
}

export interface OwnKey {
  id: string;
  use: KeyUse;
  rotation?: string;
}

export interface KeyFacts {
  id: string;
  state: KmsState;
  spec: KeySpec | 'other';
  createdAt: number;
  deletionAt?: number;
  replicas: { region: string; state: KmsState }[];
}

export type KmsState = 'enabled' | 'disabled' | 'pending_deletion' | 'other';

/** KMS did not do what was asked. `name` is the error's own. Its text may hold ARNs, so it is not kept. */
export class KeyAdminError extends Error {
  /** True: KMS refused, so nothing has changed. False: the result is unknown. */
  readonly refused: boolean;
  constructor(operation: string, cause: unknown, refused: boolean) {
    super(`KMS ${operation} failed: ${cause instanceof Error ? cause.name : typeof cause}`, {
      cause,
    });
    this.name = 'KeyAdminError';
    this.refused = refused;
  }
}
