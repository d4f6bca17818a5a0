// What the verification needs from outside, besides `fetch` and a clock.

/** Remembers proofs that were used (RFC 9449 section 11.1). */
export interface ReplayStore {
  /**
   * Returns true for the first use of this proof and false for every other one. Throws when it cannot tell. `proof` is
   * a hash; it may be forgotten after `expiresAt`, in epoch seconds, when the proof is too old anyway.
   */
  use(proof: string, expiresAt: number): Promise<boolean>;
}

/** Issues and judges the nonces of RFC 9449 section 9. Both calls throw when that is not possible at the moment. */
export interface NonceIssuer {
  /** The nonce that clients should use now. */
  newest(): Promise<string>;
  /** `old`: it is accepted, and its client should take the newest one. */
  judge(nonce: string): Promise<'newest' | 'old' | 'unknown'>;
}
