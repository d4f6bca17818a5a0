// Keys in memory for tests of what is around a signature; the real signer has its own tests.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { DpopAlg, PublicJwk, SigningKey } from '#core/ports.ts';

export async function memoryKey(alg: DpopAlg = 'ES256', id = 'key-1'): Promise<SigningKey> {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return keyOf(alg, id, pair.privateKey, pair.publicKey.export({ format: 'jwk' }) as PublicJwk);
}

async function keyOf(
  alg: DpopAlg,
  id: string,
  key: KeyObject,
  jwk: PublicJwk,
): Promise<SigningKey> {
  return {
    id,
    alg,
    jwk,
    jkt: await calculateJwkThumbprint(jwk),
    sign: async (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  };
}
