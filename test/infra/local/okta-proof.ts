// A DPoP proof (RFC 9449 section 4.2) that a test can spoil before it is signed.
import { createHash, type webcrypto } from 'node:crypto';

export interface ProofParts {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

export async function proofOf(
  { privateKey, publicKey }: webcrypto.CryptoKeyPair,
  call: { htu: string; htm?: string; token?: string; nonce?: string },
  change: (parts: ProofParts) => void = () => {},
): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const { htu, htm = 'GET', token, nonce } = call;
  const parts: ProofParts = {
    header: { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } },
    claims: {
      htm,
      htu,
      jti: crypto.randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      ...(token ? { ath: createHash('sha256').update(token).digest('base64url') } : {}),
      ...(nonce ? { nonce } : {}),
    },
  };
  change(parts);
  const input = `${encode(parts.header)}.${encode(parts.claims)}`;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

export const encode = (part: object): string =>
  Buffer.from(JSON.stringify(part)).toString('base64url');
