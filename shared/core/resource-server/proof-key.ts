// The public key in the header of a proof (RFC 9449 section 4.2), and its thumbprint (RFC 7638).
import { createPublicKey, type KeyObject } from 'node:crypto';
import { sha256 } from '#core/lib/encoding.ts';
import { type Alg, keyKindOf } from './algorithms.ts';
import { Refusal } from './refusals.ts';

export interface ProofKey {
  alg: Alg;
  key: KeyObject;
  jkt: string;
}

/** RFC 7518 section 6, RFC 8037 section 2. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** In the order that RFC 7638 section 3.2 demands. */
const members = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] };

/** A stranger chooses the key. These bound what a check of its signature can cost, and how weak it can be. */
const rsa = { leastBits: 2048, mostBits: 4096, mostExponent: 0xffff_ffffn };

export function proofKeyOf(alg: Alg, jwk: unknown): ProofKey {
  if (typeof jwk !== 'object' || jwk === null) throw new Refusal('proof_jwk_missing');
  const given = jwk as Record<string, unknown>;
  if (privateMembers.some((name) => name in given)) throw new Refusal('proof_jwk_private');
  const { kty, crv } = keyKindOf(alg);
  if (given.kty !== kty || given.crv !== crv) throw new Refusal('proof_jwk_unfit');
  const own = Object.fromEntries(members[kty].map((name) => [name, given[name]]));
  const key = imported(own);
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) {
    const size = modulusLength >= rsa.leastBits && modulusLength <= rsa.mostBits;
    if (!size || (publicExponent ?? 0n) > rsa.mostExponent) throw new Refusal('proof_jwk_unfit');
  }
  return { alg, key, jkt: sha256(JSON.stringify(own)) };
}

function imported(jwk: Record<string, unknown>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new Refusal('proof_jwk_unfit');
  }
}
