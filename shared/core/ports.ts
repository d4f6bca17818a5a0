// What the core asks of the outside. Adapters implement these; one contract suite per port judges them.

export type DpopAlg = 'ES256' | 'RS256';

export type PublicJwk =
  | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
  | { kty: 'RSA'; n: string; e: string };

/** A key that signs and never leaves: for KMS, `id` is the key's ARN. */
export interface SigningKey {
  id: string;
  alg: DpopAlg;
  jwk: PublicJwk;
  /** RFC 7638 thumbprint of `jwk`. */
  jkt: string;
  /** A JOSE signature (ES256: 64 bytes, RS256: PKCS#1). Throws signer_unavailable. */
  sign(data: Uint8Array): Promise<Uint8Array>;
  /** Where signatures are limited: the wait before one, and what ends it. */
  turn?(): Promise<() => void>;
}

/** Finds a key by its id. The public part never changes, so an environment asks once. */
export interface Signer {
  key(id: string): Promise<SigningKey>;
}

export type KeyUse = 'dpop' | 'assertion';
export type KeyState = 'pending' | 'active' | 'draining' | 'disabled';

/** Which key new sessions (dpop) or new client assertions (assertion) take, and which are published. */
export interface KeyRing {
  active(use: KeyUse): Promise<string>;
  /** The keys whose public part is published: active, the next one, and those that signed a moment ago. */
  published(use: KeyUse): Promise<string[]>;
  /** True for a key that an operator took out: what is bound to it is over. */
  disabled(use: KeyUse, id: string): Promise<boolean>;
  /** A key did not sign: what was read a while ago may be over. */
  doubt(): void;
}

/** The part of a session that is readable in the table. Times are epoch seconds. */
export interface SessionRecord {
  /** SHA-256 of the cookie's value, base64url. */
  id: string;
  /** Moves with every change of the sealed part; the seal is bound to it. */
  version: number;
  sealed: Uint8Array;
  key: { id: string; jkt: string; alg: DpopAlg };
  index: SessionIndex;
  createdAt: number;
  lastSeenAt: number;
  idleSeconds: number;
  /** The absolute end. */
  expiresAt: number;
  lease?: Lease;
  /** Step-up sign-ins in a row that led to this session. */
  stepUps: number;
}

/** Hashes by which a session is found; no personal data in the clear. */
export interface SessionIndex {
  subject: string;
  sid?: string;
  email?: string;
}

export interface Lease {
  owner: string;
  until: number;
}

/** Newest nonce by `as|origin` and `rs|origin`. */
export type Nonces = Record<string, string>;

export interface StoredSession {
  session: SessionRecord;
  nonces: Nonces;
  /** When its streams began, by their places; epoch seconds with their fraction. */
  streams?: Readonly<Record<number, number>>;
}

/** `ended`: by this call. `gone`: there was no such session any more. `moved`: it has another version, and lives on. */
export type Ending = 'ended' | 'gone' | 'moved';

/**
 * Changes of one session. Every write is conditional on the session still being there, and finds its own work when it
 * is repeated because its answer was lost.
 */
export interface SessionStore {
  /** Consistent. Expired sessions are not there. */
  read(id: string): Promise<StoredSession | undefined>;
  /** Fails if the id exists. `nonces` saves a write where some are known already. */
  create(session: SessionRecord, nonces?: Nonces): Promise<void>;
  /** Moves lastSeenAt; false when the session is gone or was seen later already. */
  touch(id: string, lastSeenAt: number): Promise<boolean>;
  /** True when nobody else holds the lease and the version is still `version`. */
  takeLease(id: string, version: number, lease: Lease): Promise<boolean>;
  /**
   * Stores the next version and frees the lease; false unless `owner` still holds it at `version`. Hashes of `index` take
   * the place of those before, and what it leaves out stays.
   */
  replaceTokens(
    id: string,
    held: { owner: string; version: number },
    next: { sealed: Uint8Array; key: SessionRecord['key']; index?: Partial<SessionIndex> },
  ): Promise<boolean>;
  freeLease(id: string, owner: string): Promise<void>;
  countStepUp(id: string, stepUps: number): Promise<void>;
  /** With `version`, ends only that version. */
  end(id: string, version?: number): Promise<Ending>;
  saveNonce(id: string, name: string, nonce: string): Promise<void>;
  /** Takes a place that is free or was taken before `before`; false when another stream has it. */
  takeStream(id: string, place: number, begun: number, before: number): Promise<boolean>;
  /** Frees the place, unless another stream has it by now. */
  freeStream(id: string, place: number, begun: number): Promise<void>;
  /** Ids of live sessions by one of their hashes, or by key. */
  find(by: 'subject' | 'sid' | 'email' | 'key', value: string): AsyncIterable<string>;
}

/** What operators ask before they retire a key. */
export interface SessionCensus {
  /** Sessions pinned to a key that are not past their absolute end, idle or not, and the last such end. */
  onKey(keyId: string): Promise<{ sessions: number; lastEnd?: number }>;
}

/** A sign-in on its way. `sealed` opens with the login cookie. */
export interface Transaction {
  /** SHA-256 of `state`, base64url. */
  id: string;
  /** SHA-256 of the login cookie's value, base64url. */
  browser: string;
  sealed: Uint8Array;
  createdAt: number;
  expiresAt: number;
}

export interface TransactionStore {
  begin(transaction: Transaction): Promise<void>;
  /** Returns it once: undefined when it is unknown, used, expired or another browser's. */
  consume(id: string, browser: string): Promise<Transaction | undefined>;
}

/** Facts about a subject that outlive sessions. */
export interface MarkStore {
  /** Epoch seconds, with their fraction, before which sign-ins of this subject count for nothing. */
  revokedBefore(subjectHashes: string[]): Promise<number>;
  revoke(subjectHash: string, at: number): Promise<void>;
  /** False once the token with this jti is used up; until then it may come again. */
  mayUse(jtiHash: string, expiresAt: number): Promise<boolean>;
  useUp(jtiHash: string, expiresAt: number): Promise<void>;
}

export type Fetch = (request: Request) => Promise<Response>;

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export type RandomBytes = (size: number) => Uint8Array;

/** One stable name and plain fields. No token, code, cookie, proof or personal data, ever. */
export type LogEvent = (name: string, fields?: Record<string, string | number | boolean>) => void;
