// Calls of somebody who is signed in, with everything about them changed: path, query, method, headers, cookies and body.
// What is refused has cost nothing and says so in the words of the contract; what is sent carries one proof, for the URL
// and the method that arrive.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { beforeEach, expect, test } from 'vitest';
import { errorCodes, statusOf, titleOf } from '#core/errors.ts';
import { holds } from '#test/support/holds.ts';
import { json, type ProxyWorld, proxyWorld } from '#test/support/proxying.ts';

const marker = 'zqxmarker';
const methods = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'get',
  '',
];

/** Often nothing unusual, so that calls arrive, too. */
const piece = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom('users', 'me', '/a', '~', 'a b', 'ä', '@', ':', marker),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['..', '.', '//', '\\', ';', '?', '#', '%2f', '%2e', '%', '%zz', '%u002e', '\u0000'],
      ...['\uff0e\uff0e', '\uff0f', '\u2215', '\u200b', '\ud800', '\u2028', '\ufffd', '\t', '\r\n'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
const path = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('/bff/api/v1/') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '/bff/api/open/',
          '/bff/api/',
          '/bff/API/v1/',
          '/api/v1/',
          '//',
          '',
        ),
      },
    ),
    fc.array(piece, { maxLength: 4 }),
  )
  .map(([begin, parts]) => begin + parts.join(''));
const query = fc
  .array(fc.constantFrom(...'&=;+/?a1', '%00', '%E2%80%AE', '#', ' ', 'ä', '"', marker), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));
const text = fc.string({ unit: 'binary', maxLength: 20 });
const changedHeaders = fc.record(
  {
    'x-bff-csrf': fc.oneof(fc.constantFrom('1', '1', '1', '0', '', '1, 1'), text),
    'sec-fetch-site': fc.constantFrom('same-origin', 'same-origin', 'cross-site', 'none', 'x'),
    origin: fc.constantFrom('https://app.example', 'https://evil.example', 'null', ''),
    authorization: fc.constantFrom('Bearer stolen', 'DPoP stolen', marker),
    dpop: fc.constantFrom('a.b.c', marker),
    'content-type': fc.oneof(fc.constantFrom('application/json', 'text/plain'), text),
    'content-length': fc.constantFrom('0', '-1', '99999999999', 'x', '1e9'),
    'transfer-encoding': fc.constantFrom('chunked', 'gzip'),
    connection: fc.constantFrom('close', 'authorization', 'dpop, x-bff-csrf'),
    host: fc.constantFrom('evil.example', marker),
    'x-forwarded-host': fc.constantFrom('evil.example'),
    'x-http-method-override': fc.constantFrom('DELETE'),
    'if-match': text,
    accept: text,
  },
  { requiredKeys: [] },
);
const headers = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: changedHeaders.map(({ accept, 'if-match': match }) => ({
      ...(accept && { accept }),
      ...(match && { 'if-match': match }),
    })),
  },
  { weight: 3, arbitrary: changedHeaders },
);
const cookie = fc.oneof(
  { weight: 4, arbitrary: fc.constant('own') },
  { weight: 1, arbitrary: fc.constantFrom('none', 'unknown', 'twice', 'broken') },
);
const body = fc.oneof(fc.constant(undefined), fc.uint8Array({ maxLength: 100 }).map(Buffer.from));

let world: ProxyWorld;
beforeEach(async () => {
  world = await proxyWorld({
    route: { methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] },
    upstream: (_arrived, response) => json(response, { ok: true }),
  });
});

const unknown = 'A'.repeat(43);
const named = (secret: string) => `__Host-Http-bff=${secret}`;

test('a call is refused at no cost and in the words of the contract, or arrives once with a proof for it', async () => {
  const ada = await world.signIn();
  const jar: Record<string, string[]> = {
    own: [named(ada.secret)],
    none: [],
    unknown: [named(unknown)],
    twice: [named(ada.secret), named(unknown)],
    broken: [named(`${ada.secret}=${marker}`)],
  };
  const proofs = new Set<unknown>();
  await holds(
    fc.asyncProperty(
      ...([fc.constantFrom(...methods), path, query, headers, cookie, body] as const),
      async (method, asked, rawQuery, sent, whose, bytes) => {
        world.arrived.length = 0;
        world.events.length = 0;
        const before = { ...world.counted };
        const answer = await world.call({}, '/', {
          method,
          path: asked,
          rawQuery,
          headers: sent as Record<string, string>,
          cookies: jar[whose] ?? [],
          body: bytes,
        });
        const signed = world.counted.signatures - before.signatures;
        expect(world.counted.writes).toBe(before.writes);
        expect(world.counted.tokenCalls).toBe(before.tokenCalls);
        const [arrived, ...more] = world.arrived;
        expect(more).toEqual([]);
        if (arrived) {
          expect([answer.status, signed, whose]).toEqual([200, 1, 'own']);
          const { authorization, dpop } = arrived.headers;
          expect(authorization).toBe(`DPoP ${ada.token}`);
          const { htu, htm, ath, jti } = decodeJwt(String(dpop));
          expect(htu).toBe(`${world.upstream}${arrived.url.split('?')[0]}`);
          expect(htm).toBe(arrived.method);
          expect(ath).toBe(createHash('sha256').update(ada.token).digest('base64url'));
          expect(proofs.has(jti)).toBe(false);
          proofs.add(jti);
          expect(arrived.url).toMatch(/^\/api\/v1\//);
          expect(arrived.url).not.toMatch(/[^\x21-\x7e]|\\|\/\.\.?(?:[/?]|$)/);
          for (const name of ['cookie', 'x-bff-csrf', 'origin', 'x-forwarded-host']) {
            expect(arrived.headers).not.toHaveProperty(name);
          }
          return;
        }
        expect(signed).toBe(0);
        refusedInOurWords(answer);
        const told = `${JSON.stringify([answer.headers, world.events])}${answer.text}`;
        expect(told).not.toContain(marker);
        expect(told).not.toContain(ada.token);
        expect(told).not.toContain(ada.secret);
        const knowsNothing = ['csrf', 'bad_path', 'no_route', 'method_not_allowed'];
        if (knowsNothing.includes(answer.code ?? '')) {
          expect(world.counted.reads).toBe(before.reads);
        }
      },
    ),
    { numRuns: 300, seed: 20_261_130 },
  );
  // It has seen both.
  expect(proofs.size).toBeGreaterThan(20);
});

function refusedInOurWords({ status, code, headers: said, text: shown }: Refused): void {
  const known = errorCodes.find((one) => one === code);
  if (!known) throw new Error(`${status} ${code} is no code of the contract`);
  expect(known).not.toBe('internal');
  expect(status).toBe(statusOf(known));
  expect(said['content-type']).toBe('application/problem+json');
  expect(JSON.parse(shown)).toMatchObject({ type: 'about:blank', status, title: titleOf(known) });
}

type Refused = Awaited<ReturnType<ProxyWorld['call']>>;
