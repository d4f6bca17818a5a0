// What every Signer must do (core/ports.ts), judged with jose.
import { calculateJwkThumbprint, flattenedVerify, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BrokerError } from '#core/errors.ts';
import type { Signer, SigningKey } from '#core/ports.ts';

export interface SignerUnderTest {
  signer: Signer;
  /** Ids of two keys. */
  keys: { es256: string; rs256: string };
  /** An id that is well-formed and names no key. */
  unknownKey: string;
  close(): Promise<void>;
}

export function signerContract(
  name: string,
  make: () => Promise<SignerUnderTest>,
  { signatures = 5_000 } = {},
): void {
  describe(`${name} as a Signer`, () => {
    let made: SignerUnderTest;
    let es256: SigningKey;
    let rs256: SigningKey;

    beforeAll(async () => {
      made = await make();
      es256 = await made.signer.key(made.keys.es256);
      rs256 = await made.signer.key(made.keys.rs256);
    });
    afterAll(() => made.close());

    test('a P-256 key shows the members of RFC 7638 and no more', async () => {
      expect(es256).toMatchObject({ id: made.keys.es256, alg: 'ES256' });
      expect(es256.jwk).toEqual({
        kty: 'EC',
        crv: 'P-256',
        x: expect.stringMatching(/^[\w-]{43}$/),
        y: expect.stringMatching(/^[\w-]{43}$/),
      });
    });

    test('an RSA key shows the members of RFC 7638 and no more', async () => {
      expect(rs256).toMatchObject({ id: made.keys.rs256, alg: 'RS256' });
      expect(rs256.jwk).toEqual({
        kty: 'RSA',
        n: expect.stringMatching(/^[\w-]{342}$/),
        e: 'AQAB',
      });
    });

    test('the thumbprint is that of the public key', async () => {
      for (const key of [es256, rs256]) expect(key.jkt).toBe(await calculateJwkThumbprint(key.jwk));
    });

    test(`${signatures} ES256 signatures verify`, async () => {
      const publicKey = await importJWK(es256.jwk, 'ES256');
      let short = 0;
      for (let done = 0; done < signatures; done += 50) {
        const batch = Array.from({ length: 50 }, (_, i) => ({ htu: '/', n: done + i }));
        const signed = await Promise.all(batch.map((payload) => jws(es256, payload)));
        for (const [at, token] of signed.entries()) {
          const { payload } = await flattenedVerify(token, publicKey);
          expect(JSON.parse(Buffer.from(payload).toString())).toEqual(batch[at]);
          const raw = Buffer.from(token.signature, 'base64url');
          expect(raw.length).toBe(64);
          if (raw[0] === 0 || raw[32] === 0) short++;
        }
      }
      // One in 128 has a short r or s: that none of 5,000 has is beyond belief (1e-17).
      if (signatures >= 5_000) expect(short).toBeGreaterThan(0);
    });

    test('RS256 signatures verify', async () => {
      const publicKey = await importJWK(rs256.jwk, 'RS256');
      for (let n = 0; n < 20; n++) {
        const token = await jws(rs256, { n });
        await flattenedVerify(token, publicKey);
      }
    });

    test('empty and large data are signed', async () => {
      const publicKey = await importJWK(es256.jwk, 'ES256');
      for (const size of [0, 4_097, 100_000]) {
        const token = await jws(es256, 'a'.repeat(size));
        await flattenedVerify(token, publicKey);
      }
    });

    test('an unknown key is signer_unavailable, each time it is asked for', async () => {
      for (let i = 0; i < 2; i++) {
        const fault = await made.signer.key(made.unknownKey).catch((error: unknown) => error);
        expectUnavailable(fault, made.unknownKey);
      }
    });

    test('the same key is the same to all who ask', async () => {
      expect(await made.signer.key(made.keys.es256)).toBe(es256);
    });
  });
}

/** 503, when to come back, and no word of which key it was. */
export function expectUnavailable(fault: unknown, keyId: string): void {
  expect(fault).toBeInstanceOf(BrokerError);
  const { code, headers, message } = fault as BrokerError;
  expect(code).toBe('signer_unavailable');
  expect(headers['retry-after']).toMatch(/^[1-3]$/);
  expect(message).not.toContain(keyId);
  expect(message).not.toContain('arn:');
}

async function jws(key: SigningKey, payload: unknown) {
  const header = base64url({ alg: key.alg });
  const body = base64url(payload);
  const signature = await key.sign(Buffer.from(`${header}.${body}`));
  return {
    protected: header,
    payload: body,
    signature: Buffer.from(signature).toString('base64url'),
  };
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
