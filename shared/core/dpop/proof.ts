// DPoP proofs, RFC 9449 section 4.2. The key never leaves KMS.
import { base64url, sha256 } from '#core/lib/encoding.ts';
import type { Clock, RandomBytes, SigningKey } from '#core/ports.ts';
import { headerOf, signJws } from './jws.ts';

export interface ProofTarget {
  /** As it is sent, in upper case. */
  method: string;
  /** The same object that is sent. `htu` is this URL without query and fragment. */
  url: URL;
  /** The access token that travels with the proof. The token endpoint needs none. */
  ath?: string | undefined;
  nonce?: string | undefined;
}

/** `ath`: the hash of an access token (section 4.2). */
export const athOf = (accessToken: string): string => sha256(accessToken);

/** Makes a proof for one attempt. `iat` is set right before Sign (section 11.1). A retry needs a new proof. */
export function proofFor(
  { clock, random }: { clock: Clock; random: RandomBytes },
  key: SigningKey,
  { method, url, ath, nonce }: ProofTarget,
): Promise<string> {
  return signJws(key, proofHeader(key), () => ({
    jti: base64url(random(16)),
    htm: method,
    htu: url.origin + url.pathname,
    iat: Math.floor(clock.now() / 1000),
    ...(ath !== undefined && { ath }),
    ...(nonce !== undefined && { nonce }),
  }));
}

const proofHeader = headerOf((key) => ({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk }));
