import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose';
import { describe, expect, test, vi } from 'vitest';
import { athOf, proofFor } from '#core/dpop/proof.ts';
import { limitedSigner } from '#core/dpop/signing.ts';
import { sha256 } from '#core/lib/encoding.ts';
import type { SigningKey } from '#core/ports.ts';
import { memoryKey } from '#test/support/keys.ts';

const now = 1_700_000_000_999;
const at = { clock: { now: () => now }, random: (size: number) => randomBytes(size) };

describe('vectors', () => {
  test('ath is the hash of the token in RFC 9449 section 7.1', () => {
    expect(athOf('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
      'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    );
  });

  test('the thumbprint is that of RFC 9449 section 6.1', async () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    };
    expect(await calculateJwkThumbprint(jwk)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  });

  test('the challenge is that of RFC 7636 appendix B', () => {
    expect(sha256('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });
});

describe.each(['ES256', 'RS256'] as const)('a proof by %s', (alg) => {
  const proof = async (url: string, more = {}) => {
    const key = await memoryKey(alg);
    return proofFor(at, key, { method: 'GET', url: new URL(url), ...more });
  };

  test('verifies, with a minimal public jwk and exactly the required claims', async () => {
    const jwt = await proof('https://api.example/v1/me', { ath: 'hash', nonce: 'n-1' });
    const { payload } = await jwtVerify(jwt, EmbeddedJWK, { typ: 'dpop+jwt' });
    expect(Object.keys(payload).sort()).toEqual(['ath', 'htm', 'htu', 'iat', 'jti', 'nonce']);
    const { jwk } = decodeProtectedHeader(jwt);
    expect(Object.keys(jwk ?? {}).sort()).toEqual(
      alg === 'ES256' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n'],
    );
    expect(payload).toMatchObject({ htm: 'GET', ath: 'hash', nonce: 'n-1' });
    // Never ahead of the clock: Okta allows no future.
    expect(payload.iat).toBe(1_700_000_000);
  });

  test('a proof for the token endpoint has neither ath nor nonce', async () => {
    const { payload } = await jwtVerify(await proof('https://as.example/token'), EmbeddedJWK);
    expect(Object.keys(payload).sort()).toEqual(['htm', 'htu', 'iat', 'jti']);
  });

  test.each([
    ['https://api.example/a?q=a#b', 'https://api.example/a'],
    ['https://API.example:443/a/', 'https://api.example/a/'],
    ['https://api.example:8443', 'https://api.example:8443/'],
    ["https://api.example/it's/a%40b/%C3%A9", "https://api.example/it's/a%40b/%C3%A9"],
    ['http://[::1]:3000/a%2Fb', 'http://[::1]:3000/a%2Fb'],
  ])('the htu of %s is %s', async (url, htu) => {
    const { payload } = await jwtVerify(await proof(url), EmbeddedJWK);
    expect(payload.htu).toBe(htu);
  });
});

test('iat is taken right before Sign, after every wait for a turn, and is never in the future', async () => {
  const asked: (() => void)[] = [];
  const made = await memoryKey();
  const slow: SigningKey = {
    ...made,
    async sign(data) {
      await new Promise<void>((resolve) => asked.push(resolve));
      return made.sign(data);
    },
  };
  const key = await limitedSigner({ key: async () => slow }, { atOnce: 1, waiting: 1 }).key('k');
  let seconds = 1_700_000_000.999;
  const clock = { now: () => seconds * 1000 };
  const target = { method: 'GET', url: new URL('https://api.example/') };
  const proofs = [1, 2].map(() => proofFor({ ...at, clock }, key, target));
  const iatOf = async (proof: string | undefined) =>
    (await jwtVerify(proof ?? '', EmbeddedJWK)).payload.iat;
  await vi.waitUntil(() => asked.length === 1);
  seconds += 40;
  asked[0]?.();
  expect(await iatOf(await proofs[0])).toBe(1_700_000_000);
  await vi.waitUntil(() => asked.length === 2);
  seconds += 5;
  asked[1]?.();
  expect(await iatOf(await proofs[1])).toBe(1_700_000_040);
});

test('ten thousand proofs have ten thousand different jti of 128 bits', async () => {
  const key = { ...(await memoryKey()), sign: async () => new Uint8Array(64) };
  const url = new URL('https://api.example/');
  const jtis = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    const [, claims = ''] = (await proofFor(at, key, { method: 'GET', url })).split('.');
    const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { jti: string };
    expect(Buffer.from(jti, 'base64url')).toHaveLength(16);
    jtis.add(jti);
  }
  expect(jtis.size).toBe(10_000);
});
