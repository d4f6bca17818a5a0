// Proofs of a device: JWTs of the type dbsc+jwt whose jti is our challenge. jose verifies them. The key of a registration
// is in its header, and has to pass what the key of a DPoP proof has to pass.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { proofKeyOf } from '#core/resource-server/proof-key.ts';
import { Refusal } from '#core/resource-server/refusals.ts';
import { type DeviceAlg, deviceAlgs } from './algorithms.ts';

const longestProof = 8_192;

export type JudgedProof<T> = ({ kind: 'signed' } & T) | { kind: 'malformed' | 'key' | 'signature' };

/** The key in the header of a registration, as JSON, and the challenge that it signed. */
export async function registeredKey(
  proof: string,
): Promise<JudgedProof<{ key: string; challenge: unknown }>> {
  const header = headerOf(proof);
  const alg = deviceAlgs.find((one) => one === header?.alg);
  if (!header || !alg) return { kind: 'malformed' };
  try {
    const { key } = proofKeyOf(alg, header.jwk);
    const judged = await verified(proof, key, alg);
    return judged.kind === 'signed'
      ? { ...judged, key: JSON.stringify(key.export({ format: 'jwk' })) }
      : judged;
  } catch (fault) {
    if (fault instanceof Refusal) return { kind: 'key' };
    throw fault;
  }
}

/** The challenge that the known key has signed. */
export async function signedChallenge(
  proof: string,
  jwk: string,
): Promise<JudgedProof<{ challenge: unknown }>> {
  if (!headerOf(proof)) return { kind: 'malformed' };
  const key = createPublicKey({ key: JSON.parse(jwk), format: 'jwk' });
  return verified(proof, key, key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256');
}

async function verified(
  proof: string,
  key: KeyObject,
  alg: DeviceAlg,
): Promise<JudgedProof<{ challenge: unknown }>> {
  try {
    const { payload } = await jwtVerify(proof, key, { algorithms: [alg], typ: 'dbsc+jwt' });
    return { kind: 'signed', challenge: payload.jti };
  } catch {
    return { kind: 'signature' };
  }
}

function headerOf(proof: string) {
  if (proof.length > longestProof) return undefined;
  try {
    return decodeProtectedHeader(proof);
  } catch {
    return undefined;
  }
}
