// What a thief of token and proof would get: each theft is tried with the last call that carried a proof. Token and
// proof stay in this process; the answer holds neither.

import { createHash } from 'node:crypto';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface StolenCall {
  method: string;
  url: string;
  token: string;
  proof: string;
}

export const thefts = [
  'replay',
  'other_url',
  'other_method',
  'bearer',
  'no_proof',
  'other_key',
] as const;
export type Theft = (typeof thefts)[number];

export interface TheftResult {
  theft: Theft;
  status: number;
  challenge: string | null;
}

export async function steal(stolen: StolenCall, theft: Theft): Promise<TheftResult> {
  const { url, ...attempt } = await attempts[theft](stolen);
  const response = await fetch(url, { redirect: 'manual', ...attempt });
  await response.body?.cancel();
  return { theft, status: response.status, challenge: response.headers.get('www-authenticate') };
}

interface Attempt {
  url: string;
  method: string;
  headers: Record<string, string>;
}

const again = ({ method, url, token, proof }: StolenCall): Attempt => ({
  method,
  url,
  headers: { authorization: `DPoP ${token}`, dpop: proof, 'content-length': '0' },
});

const attempts: Record<Theft, (stolen: StolenCall) => Attempt | Promise<Attempt>> = {
  replay: again,
  other_url: (stolen) => ({ ...again(stolen), url: new URL('/api/v1/apps', stolen.url).href }),
  other_method: (stolen) => ({
    ...again(stolen),
    method: stolen.method === 'GET' ? 'DELETE' : 'GET',
  }),
  bearer: (stolen) => ({
    ...again(stolen),
    headers: { authorization: `Bearer ${stolen.token}`, dpop: stolen.proof },
  }),
  no_proof: (stolen) => ({
    ...again(stolen),
    headers: { authorization: `Bearer ${stolen.token}` },
  }),
  other_key: async (stolen) => ({
    ...again(stolen),
    headers: { authorization: `DPoP ${stolen.token}`, dpop: await forged(stolen) },
  }),
};

/** A valid proof, but made with the thief's own key. */
async function forged({ method, url, token, proof }: StolenCall): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const { origin, pathname } = new URL(url);
  // A nonce is no secret: the thief takes it along.
  const { nonce } = decodeJwt(proof);
  return new SignJWT({
    htm: method,
    htu: `${origin}${pathname}`,
    jti: crypto.randomUUID(),
    ath: createHash('sha256').update(token).digest('base64url'),
    ...(nonce !== undefined && { nonce }),
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .sign(privateKey);
}
