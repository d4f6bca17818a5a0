// What clients send to an API of one's own: a token and a proof with anything about them changed. A request is accepted
// if, and only if, nothing that counts was changed; whatever is not is refused with a reason, and nothing is thrown.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { holds } from '#test/support/holds.ts';
import {
  athOf,
  type Client,
  clientWith,
  type OwnApi,
  origin,
  ownApi,
  startedAt,
} from '#test/support/own-api.ts';

const now = startedAt / 1000;
const htu = `${origin}/orders`;

let api: OwnApi;
let client: Client;
let stranger: Client;
let token = '';
let ofStranger = '';
beforeAll(async () => {
  api = await ownApi();
  [client, stranger] = await Promise.all([clientWith('ES256'), clientWith('ES256')]);
  [token, ofStranger] = await Promise.all([api.token(client), api.token(stranger)]);
});

/** Mostly what is sound, sometimes what is not, and sometimes anything. */
const mostly = (sound: unknown, ...others: unknown[]) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constant(sound) },
    { weight: 2, arbitrary: fc.constantFrom(...others, undefined, null, '', 0, [], {}, true) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  );

const claims = fc.record({
  htm: mostly('GET', 'POST', 'get', ['GET']),
  htu: mostly(htu, `${htu}/`, `${origin}/other`, 'https://evil.example/orders', '/orders'),
  iat: mostly(now, now - 3_600, now + 3_600, String(now)),
  ath: mostly('own', athOf('another')),
});
const header = fc.record({
  typ: mostly('dpop+jwt', 'JWT', 'DPOP+JWT', 'application/dpop+jwt'),
  alg: mostly('ES256', 'none', 'HS256', 'RS256'),
  jwk: mostly('own', 'stranger', 'private', 'x'),
});
const whose = fc.constantFrom('own', 'own', 'own', 'own', 'own', 'own', 'stranger');

test('a call is accepted if, and only if, its proof is sound and of its token’s key', async () => {
  const seen = { accepted: 0, refused: 0 };
  const used = await api.request(client, token);
  expect((await api.verify(used)).kind).toBe('accepted');
  await holds(
    fc.asyncProperty(claims, header, whose, async (claimed, head, signer) => {
      const by = signer === 'own' ? client : stranger;
      const jwks: Record<string, unknown> = {
        own: by.jwk,
        stranger: stranger.jwk,
        private: { ...by.jwk, d: by.jwk.x },
      };
      const jwk = typeof head.jwk === 'string' ? jwks[head.jwk] : head.jwk;
      const ath = claimed.ath === 'own' ? athOf(token) : claimed.ath;
      // jose signs what it can; under another name it is what an attacker sends.
      const proof = await forged(by, { ...claimed, ath, jti: randomUUID() }, { ...head, jwk });
      const verdict = await api.verify({
        method: 'GET',
        url: '/orders?limit=10',
        authorization: [`DPoP ${token}`],
        dpop: [proof],
      });
      const sound =
        signer === 'own' &&
        claimed.htm === 'GET' &&
        claimed.htu === htu &&
        claimed.iat === now &&
        claimed.ath === 'own' &&
        typeof head.typ === 'string' &&
        /^(application\/)?dpop\+jwt$/i.test(head.typ) &&
        head.alg === 'ES256' &&
        head.jwk === 'own';
      expect(verdict.kind).toBe(sound ? 'accepted' : 'refused');
      if (verdict.kind === 'refused') expect(verdict.status).toBeLessThan(500);
      seen[verdict.kind] += 1;
    }),
    { numRuns: 400 },
  );
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
});

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

async function forged(by: Client, payload: object, head: object): Promise<string> {
  const unsigned = `${encode(head)}.${encode(payload)}`;
  const way = { name: 'ECDSA', hash: 'SHA-256' };
  const { subtle } = globalThis.crypto;
  const signature = await subtle.sign(way, by.privateKey, Buffer.from(unsigned));
  return `${unsigned}.${Buffer.from(signature).toString('base64url')}`;
}

test('headers of any shape are refused with less than 500, and nothing is thrown', async () => {
  const { dpop } = await api.request(client, token);
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          ...['DPoP', 'dpop', 'Bearer', ' ', '  ', ',', ', ', '\t', '=', '.', 'e30', 'a.b.c'],
          ...['token', 'own', '"', 'Basic eDp5', '\u0000', 'e30.e30.e30', '{}', '..', 'e30.e30.'],
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('').replaceAll('token', ofStranger)),
  );
  const proofs = line.map((text) => text.replaceAll('own', dpop[0] ?? ''));
  await holds(
    fc.asyncProperty(
      fc.array(line, { maxLength: 3 }),
      fc.array(proofs, { maxLength: 3 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
      async (authorization, lines, path) => {
        const verdict = await api.verify({
          method: 'GET',
          url: `/${path}`,
          authorization,
          dpop: lines,
        });
        expect(verdict).toMatchObject({ kind: 'refused', status: expect.any(Number) });
        if (verdict.kind === 'refused') expect(verdict.status).toBeLessThan(500);
      },
    ),
    { numRuns: 400 },
  );
});
