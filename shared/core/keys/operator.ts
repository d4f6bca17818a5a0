// Everything that the operator's actions work with (design: section 4). Only the operator function has it:
// whoever serves browsers can sign with a key, and not make, disable or delete one.
import type { Broker } from '../broker.ts';
import type { RingStore } from '../key-ring.ts';
import type {
  Clock,
  KeyUse,
  LogEvent,
  MarkStore,
  RandomBytes,
  SessionCensus,
  SessionStore,
  Signer,
} from '../ports.ts';

export type KeySpec = Broker['config']['dpop']['keySpec'];

export interface Operator {
  config: Broker['config'];
  /** The keys that came with the deployment. */
  firstKeys: Record<KeyUse, string>;
  rings: RingStore;
  admin: KeyAdmin;
  /** Never remembers that a key did not sign. */
  signer: Signer;
  /** Signers for the same ids that ask the replicas of another Region. */
  replicas: readonly { region: string; signer: Signer }[];
  sessions: SessionStore;
  census: SessionCensus;
  marks: MarkStore;
  clock: Clock;
  random: RandomBytes;
  log: LogEvent;
}

/** The life of a key, as KMS has it. A multi-Region key is one key here: what is done is done everywhere. */
export interface KeyAdmin {
  /** Not idempotent: whoever did not hear the answer looks for the rotation's name in `ours`. */
  create(wish: NewKey): Promise<string>;
  /** Every key of this broker that there is, in the ring or not. */
  ours(): Promise<OwnKey[]>;
  /** Nothing when it does not exist any more. */
  describe(id: string): Promise<KeyFacts | undefined>;
  /** The last signature, in epoch seconds, where KMS tells. */
  lastUsedAt(id: string): Promise<number | undefined>;
  /** Done when the key is there already. */
  replicate(id: string, region: string): Promise<void>;
  disable(id: string): Promise<void>;
  /** Also takes back a deletion that has not happened yet. */
  enable(id: string): Promise<void>;
  /** When it will be gone. */
  scheduleDeletion(id: string, days: number): Promise<number>;
}

export interface NewKey {
  use: KeyUse;
  spec: KeySpec;
  /** The name of the rotation that makes it, by which it is found again. */
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

/** KMS did not do what was asked. `name` is the error's own; its text may hold ARNs and goes nowhere. */
export class KeyAdminError extends Error {
  /** True: KMS refused, so nothing has changed. False: nobody knows. */
  readonly refused: boolean;
  constructor(operation: string, cause: unknown, refused: boolean) {
    super(`KMS ${operation} failed: ${cause instanceof Error ? cause.name : typeof cause}`, {
      cause,
    });
    this.name = 'KeyAdminError';
    this.refused = refused;
  }
}
