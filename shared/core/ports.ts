// What the core needs from outside. Adapters implement these ports, and one contract suite per port tests them.

export type DpopAlg = 'ES256' | 'RS256';

export type PublicJwk =
  | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
  | { kty: 'RSA'; n: string; e: string };

/** A key that signs and never leaves KMS. `id` is the key's ARN. */
export interface SigningKey {
  id: string;
  alg: DpopAlg;
  jwk: PublicJwk;
  /** RFC 7638 thumbprint of `jwk`. */
  jkt: string;
  /** Returns a JOSE signature (ES256: 64 bytes, RS256: PKCS#1). Throws NotSigned. */
  sign(data: Uint8Array): Promise<Uint8Array>;
  /** When signatures are limited: how long this one may wait, and what ends the wait. */
  turn?(): Promise<() => void>;
}

/** Finds a key by its id. Its public part never changes, so an environment asks once. */
export interface Signer {
  key(id: string): Promise<SigningKey>;
}

export type KeyUse = 'dpop' | 'assertion';
export type KeyState = 'pending' | 'active' | 'draining' | 'disabled';

/** Which key signs for new sessions (dpop) or new client assertions (assertion), and which keys are published. */
export interface KeyRing {
  active(use: KeyUse): Promise<string>;
  /** The keys whose public parts are published: active, the next one, and those that signed a moment ago. */
  published(use: KeyUse): Promise<string[]>;
  /** True for a key that an operator took out: everything that is bound to it has ended. */
  disabled(use: KeyUse, id: string): Promise<boolean>;
  /** Tells that a key did not sign, so what was read a while ago may be out of date. */
  doubt(): void;
}

/** The part of a session that is readable in the table. Times are epoch seconds. */
export interface SessionRecord {
  /** SHA-256 of the cookie's value, base64url. */
  id: string;
  /** Changes with every change of the sealed part, which is bound to it. */
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
  /** How many step-up sign-ins in a row led to this session. */
  stepUps: number;
  /** Since its sign-in, when that asked the browser to bind the session. */
  device?: DeviceBinding;
}

/** How a session is bound to a key in the browser's device (Device Bound Session Credentials). */
export interface DeviceBinding {
  /** Makes the challenges. Every accepted proof replaces it, so that a challenge is good for one proof. */
  challengeSecret: string;
  /** Missing until the browser has registered its key. */
  bound?: {
    /** The public key, as a JWK. */
    key: string;
    cookie: BoundCookie;
    /** The cookie before this one: requests with it may be under way. */
    former?: BoundCookie;
  };
}

/** A short-lived cookie that the browser got for a proof. */
export interface BoundCookie {
  /** SHA-256 of its value, base64url. */
  hash: string;
  /** Epoch seconds. */
  endsAt: number;
}

/** The hashes by which a session is found. They show no personal data. */
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
  /** When each of its streams began, by place, in epoch seconds with their fraction. */
  streams?: Readonly<Record<number, number>>;
}

/** `ended`: this call ended it. `gone`: there was no such session. `moved`: it has another version, and lives on. */
export type Ending = 'ended' | 'gone' | 'moved';

/**
 * Changes to one session. Every write requires that the session still exists. When a write is repeated because its
 * answer was lost, it recognises its own work.
 */
export interface SessionStore {
  /** A consistent read. Expired sessions are not returned. */
  read(id: string): Promise<StoredSession | undefined>;
  /** Fails if the id exists. `nonces` saves a later write when some are already known. */
  create(session: SessionRecord, nonces?: Nonces): Promise<void>;
  /** Moves lastSeenAt. Returns false when the session is gone or was seen later. */
  touch(id: string, lastSeenAt: number): Promise<boolean>;
  /** Returns true when nobody else holds the lease and the version is still `version`. */
  takeLease(id: string, version: number, lease: Lease): Promise<boolean>;
  /**
   * Stores the next version and frees the lease. Returns false unless `owner` still holds it at `version`. Hashes in
   * `index` replace the earlier ones; those that it leaves out stay.
   */
  replaceTokens(
    id: string,
    held: { owner: string; version: number },
    next: { sealed: Uint8Array; key: SessionRecord['key']; index?: Partial<SessionIndex> },
  ): Promise<boolean>;
  freeLease(id: string, owner: string): Promise<void>;
  countStepUp(id: string, stepUps: number): Promise<void>;
  /** Returns false unless the challenges of the session are still made with `challengeSecret`. */
  bindDevice(id: string, challengeSecret: string, next: DeviceBinding): Promise<boolean>;
  /** With `version`, ends the session only at that version. */
  end(id: string, version?: number): Promise<Ending>;
  saveNonce(id: string, name: string, nonce: string): Promise<void>;
  /** Takes a place that is free or was taken before `before`. Returns false when another stream has it. */
  takeStream(id: string, place: number, begun: number, before: number): Promise<boolean>;
  /** Frees the place, unless another stream has taken it meanwhile. */
  freeStream(id: string, place: number, begun: number): Promise<void>;
  /** Ids of live sessions, by one of their hashes or by their key. */
  find(by: 'subject' | 'sid' | 'email' | 'key', value: string): AsyncIterable<string>;
}

/** What operators ask before they retire a key. */
export interface SessionCensus {
  /**
   * Counts the sessions pinned to a key that are not past their absolute end, even if idle, and finds the last such
   * end.
   */
  onKey(keyId: string): Promise<{ sessions: number; lastEnd?: number }>;
}

/** A sign-in that is under way. `sealed` opens with the login cookie. */
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
  /** Returns it once. Returns undefined when it is unknown, used, expired or another browser's. */
  consume(id: string, browser: string): Promise<Transaction | undefined>;
}

/** Facts about a subject that outlive its sessions. */
export interface MarkStore {
  /** Epoch seconds, with their fraction: sign-ins of this subject that began earlier do not count. */
  signedOutBefore(subjectHashes: string[]): Promise<number>;
  markSignedOut(subjectHash: string, at: number): Promise<void>;
  /** Returns false once the token with this jti is used up. Until then the token may come again. */
  mayUse(jtiHash: string, expiresAt: number): Promise<boolean>;
  useUp(jtiHash: string, expiresAt: number): Promise<void>;
}

export type Fetch = (request: Request) => Promise<Response>;

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export type RandomBytes = (size: number) => Uint8Array;

export type { LogEvent } from './events.ts';
