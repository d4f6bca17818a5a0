// The algorithms that may sign a proof or an access token: digital signatures only (RFC 9449 section 4.2), and for each
// the only kind of key that fits it (RFC 7518 section 3.1, RFC 8037, RFC 9864).
import { constants, type KeyObject, verify } from 'node:crypto';

const pss = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};
const raw = { dsaEncoding: 'ieee-p1363' } as const;

interface Algorithm {
  kty: 'EC' | 'RSA' | 'OKP';
  crv?: string;
  hash: string | undefined;
  options: object;
}

const algorithms = {
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256', options: raw },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384', options: raw },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512', options: raw },
  PS256: { kty: 'RSA', hash: 'sha256', options: pss },
  PS384: { kty: 'RSA', hash: 'sha384', options: pss },
  PS512: { kty: 'RSA', hash: 'sha512', options: pss },
  RS256: { kty: 'RSA', hash: 'sha256', options: {} },
  RS384: { kty: 'RSA', hash: 'sha384', options: {} },
  RS512: { kty: 'RSA', hash: 'sha512', options: {} },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', hash: undefined, options: {} },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: undefined, options: {} },
} as const satisfies Record<string, Algorithm>;

export type Alg = keyof typeof algorithms;

export const algs = Object.keys(algorithms) as readonly Alg[];

export const keyKindOf = (alg: Alg): Pick<Algorithm, 'kty' | 'crv'> => algorithms[alg];

export function signatureIsValid(
  alg: Alg,
  key: KeyObject,
  signed: string,
  signature: string,
): boolean {
  const { hash, options } = algorithms[alg];
  try {
    const bytes = Buffer.from(signature, 'base64url');
    return verify(hash, Buffer.from(signed), { key, ...options }, bytes);
  } catch {
    // OpenSSL throws for some signatures that can never be valid.
    return false;
  }
}
