// Judges the proof of a call that arrived, with a library that we did not write (RFC 9449 section 4.3).
import { createHash } from 'node:crypto';
import { EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { expect } from 'vitest';
import type { Arrived } from './proxying.ts';

export async function proofIn(
  { method, url, headers, lines }: Arrived,
  origin: string,
  at: number,
): Promise<JWTPayload & { nonce?: string }> {
  const proofs = lines.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'dpop');
  expect(proofs, 'exactly one DPoP header').toHaveLength(1);
  const [scheme, token, ...rest] = headers.authorization?.split(' ') ?? [];
  expect([scheme, rest]).toEqual(['DPoP', []]);
  const { payload, protectedHeader } = await jwtVerify(String(headers.dpop), EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256', 'RS256'],
    currentDate: new Date(at),
    maxTokenAge: 60,
    requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
  });
  const members = protectedHeader.jwk?.kty === 'RSA' ? ['e', 'kty', 'n'] : ['crv', 'kty', 'x', 'y'];
  expect(Object.keys(protectedHeader.jwk ?? {}).sort()).toEqual(members);
  expect(payload).toMatchObject({
    htm: method,
    htu: origin + url.replace(/\?.*$/, ''),
    ath: createHash('sha256').update(String(token)).digest('base64url'),
  });
  return payload;
}
