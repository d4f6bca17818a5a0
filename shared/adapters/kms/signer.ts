// Keys in KMS, as the core sees them. An environment asks once for a key's public part. Each signature covers a digest
// that is made here, and is made by exactly the key that was named, or not at all.
import { createPublicKey, hash, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { Kms, SigningAlgorithm } from '#adapters/aws/kms.ts';
import { notSigned } from '#adapters/aws/unavailable.ts';
import type { AwsFailure, OnSend } from '#adapters/aws/wire.ts';
import type { SignatureFate, SignatureTally } from '#core/dpop/tally.ts';
import { HttpFailure } from '#core/http.ts';
import type { DpopAlg, PublicJwk, Signer, SigningKey } from '#core/ports.ts';
import { joseSignature } from './ecdsa-der.ts';

/** `tally` counts every request for a signature. */
export function kmsSigner(kms: Kms, tally?: Pick<SignatureTally, 'asked'>): Signer {
  const keys = new Map<string, Promise<SigningKey>>();
  return {
    key(id) {
      const known = keys.get(id);
      if (known !== undefined) return known;
      const asked = load(kms, id, tally).catch((cause: unknown) => {
        keys.delete(id);
        throw notSigned('KMS GetPublicKey', cause);
      });
      keys.set(id, asked);
      return asked;
    },
  };
}

async function load(
  kms: Kms,
  id: string,
  tally: Pick<SignatureTally, 'asked'> | undefined,
): Promise<SigningKey> {
  const { keyId, publicKey, signingAlgorithms } = await kms.getPublicKey(id);
  // KMS answers an alias with the ARN of the key that it names now: a session is pinned to that key.
  if (keyId !== id) throw new WrongKey();
  if (!publicKey) throw new TypeError('no public key');
  const { jwk, alg } = describe(publicKey);
  const algorithm = kmsNames[alg];
  if (!signingAlgorithms.includes(algorithm))
    throw new TypeError(`the key does not support ${alg}`);
  return {
    id,
    alg,
    jwk,
    jkt: await calculateJwkThumbprint(jwk),
    async sign(data) {
      try {
        return await signature(kms, { id, alg, data, onSend: tally && counted(tally, id) });
      } catch (cause) {
        throw notSigned('KMS Sign', cause);
      }
    },
  };
}

const kmsNames: Record<DpopAlg, SigningAlgorithm> = {
  ES256: 'ECDSA_SHA_256',
  RS256: 'RSASSA_PKCS1_V1_5_SHA_256',
};

/** Only the members of RFC 7638, because the key is in the header of every proof. */
function describe(spki: Uint8Array): { jwk: PublicJwk; alg: DpopAlg } {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const { kty, crv, x, y, n, e }: JsonWebKey = key.export({ format: 'jwk' });
  if (kty === 'EC' && crv === 'P-256' && x && y) return { jwk: { kty, crv, x, y }, alg: 'ES256' };
  if (kty === 'RSA' && n && e) return { jwk: { kty, n, e }, alg: 'RS256' };
  throw new TypeError('neither a P-256 nor an RSA key');
}

async function signature(
  kms: Kms,
  {
    id,
    alg,
    data,
    onSend,
  }: { id: string; alg: DpopAlg; data: Uint8Array; onSend: OnSend | undefined },
): Promise<Uint8Array> {
  const digest = hash('sha256', data, 'buffer');
  const { keyId, signature: made } = await kms.sign(id, kmsNames[alg], digest, onSend);
  if (keyId !== id) throw new WrongKey();
  if (!made) throw new TypeError('no signature');
  return alg === 'ES256' ? joseSignature(made) : made;
}

const counted =
  (tally: Pick<SignatureTally, 'asked'>, id: string): OnSend =>
  () => {
    const over = tally.asked(id);
    return (fault) => over(fault === undefined ? 'signed' : fateAfter(fault));
  };

/** Only KMS's own refusal, or a connection that was never made, proves that nothing was signed. */
function fateAfter(fault: unknown): SignatureFate {
  if (fault instanceof HttpFailure) return fault.fault === 'refused' ? 'refused' : 'unanswered';
  const { status, $metadata } = fault as Partial<AwsFailure & ServiceFault>;
  const code = status ?? $metadata?.httpStatusCode ?? 0;
  return code >= 400 && code < 500 ? 'refused' : 'unanswered';
}

/** An error of the SDK. */
interface ServiceFault {
  $metadata: { httpStatusCode?: number };
}

class WrongKey extends Error {
  override name = 'WrongKey';
  override message = 'KMS answered for another key than the one named';
}
