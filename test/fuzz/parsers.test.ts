// Readers of what others write, each with rules of its own for what may come of it: events of a gateway, cookies, requests
// to the operator's function, proofs of a device, sealed sessions. None throws but for the reasons that it names.
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { registeredKey, signedChallenge } from '#core/device/proof.ts';
import { BrokerError } from '#core/errors.ts';
import { normalisedUri } from '#core/resource-server/uri.ts';
import { parseLoginCookie } from '#core/sign-in/transaction.ts';
import { cookiesOf } from '#http/cookies.ts';
import { toRequest } from '#http/http-api.ts';
import { languageFor } from '#http/languages.ts';
import { ConfigError } from '#shared/config/faults.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { parseRequest } from '#shared/operator-request.ts';
import { holds } from '#test/support/holds.ts';
import { theEvent } from '#test/support/requests.ts';

const anything = fc.string({ unit: 'binary', maxLength: 30 });
const made = (...parts: [string, ...string[]]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...parts), anything), { maxLength: 8 })
    .map((all) => all.join(''));

const secret = 'A'.repeat(43);

test('of cookies, only those with a name of ours are read, each once', async () => {
  const cookie = made(
    '__Host-Http-bff',
    '-login-',
    '-tries',
    '=',
    ' ',
    '\t',
    '\u00a0',
    secret,
    ';',
  );
  await holds(
    fc.property(fc.array(cookie, { maxLength: 6 }), (cookies) => {
      let read: ReadonlyMap<string, string>;
      try {
        read = cookiesOf({ cookies });
      } catch (fault) {
        expect(fault).toBeInstanceOf(BrokerError);
        expect(fault).toMatchObject({ code: 'bad_request' });
        return;
      }
      for (const [name, value] of read) {
        expect(name).toMatch(/^__Host-(Http-bff(-tries|-login-[\w-]+)?|bff-device)$/);
        expect(cookies.some((line) => line.includes(name) && line.includes(value))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('of a login cookie, only secrets are taken', async () => {
  await holds(
    fc.property(made(secret, '.', ' ', '=', '-'), (value) => {
      const read = parseLoginCookie(value);
      for (const one of [read?.secret, read?.session]) {
        if (one !== undefined) expect(one).toMatch(/^[\w-]{43}$/);
      }
    }),
    { numRuns: 500 },
  );
});

test('an event becomes a request, whatever a client has put into it', async () => {
  const odd = fc.record({
    rawPath: made('/', '..', '%2f', '$default'),
    rawQueryString: made('&', '=', '%', '+'),
    headers: fc.dictionary(anything, anything, { maxKeys: 4 }),
    body: fc.oneof(fc.constant(undefined), anything, fc.base64String()),
    isBase64Encoded: fc.boolean(),
    stage: fc.constantFrom('$default', 'prod', ''),
  });
  await holds(
    fc.property(odd, ({ body, ...more }) => {
      const event = theEvent({ ...more, ...(body !== undefined && { body }) });
      const request = toRequest(event satisfies APIGatewayProxyEventV2);
      expect(request.path).toBe(more.rawPath);
      if (body === undefined) expect(request.body).toBeUndefined();
      else expect(Buffer.isBuffer(request.body)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

const member = fc.oneof(
  fc.constantFrom<unknown>(
    'rotate',
    'revoke',
    'proof',
    'dpop',
    'x',
    secret,
    1,
    -1,
    1e9,
    true,
    null,
  ),
  fc.constantFrom<unknown>({ user: 'ada' }, { all: true }, { key: 'k' }, { user: 'a', all: true }),
  fc.jsonValue({ maxDepth: 1 }),
);
const names = [
  'action',
  'use',
  'whose',
  'key',
  'reason',
  'actor',
  'dryRun',
  'now',
  'url',
  'method',
];

test('a request to the operator is taken as it is specified, or its faults are named without its values', async () => {
  const marker = 'zqxmarker';
  const event = fc.oneof(
    fc.dictionary(fc.constantFrom(...names, marker), member, { maxKeys: 6 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  await holds(
    fc.property(event, (asked) => {
      const read = parseRequest(asked);
      if (!('faults' in read)) {
        expect(Object.keys(asked as object)).toEqual(expect.arrayContaining(['action']));
        expect(Object.hasOwn(asked as object, marker)).toBe(false);
        if ('reason' in read) expect(read.reason).not.toMatch(/\p{Cc}/u);
        return;
      }
      expect(read.faults.length).toBeGreaterThan(0);
      expect(read.faults.join()).not.toContain(secret);
    }),
    { numRuns: 500 },
  );
});

test('a configuration is taken whole, or every fault has a sentence', async () => {
  const url = fc.constantFrom(
    'https://acme.okta.com',
    'http://evil',
    '',
    'https://a b',
    '//x',
    'x:',
  );
  const field = fc.oneof(url, member, fc.constantFrom<unknown>([], {}, ['openid'], 'fapi2'));
  const fields = fc.dictionary(
    fc.constantFrom(
      'scopes',
      'routes',
      'par',
      'profile',
      'dpop',
      'session',
      'streaming',
      '__proto__',
    ),
    field,
    { maxKeys: 4 },
  );
  const config = fc
    .tuple(url, url, fields)
    .map(([issuer, publicOrigin, more]) => ({ issuer, publicOrigin, clientId: 'c', ...more }));
  await holds(
    fc.property(fc.oneof(config, fc.jsonValue({ maxDepth: 2 })), (given) => {
      try {
        expect(new URL(parseConfig(given, 'local').issuer).protocol).toMatch(/^https?:$/);
      } catch (fault) {
        expect(fault).toBeInstanceOf(ConfigError);
        expect((fault as Error).message.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});

test('text that is no proof of a device signs nothing, and nothing is thrown', async () => {
  const header = fc
    .record({
      alg: fc.constantFrom<unknown>('ES256', 'RS256', 'none', 1, null),
      typ: fc.constantFrom<unknown>('dbsc+jwt', 'JWT', undefined),
      jwk: fc.oneof(
        fc.jsonValue({ maxDepth: 1 }),
        fc.record({
          kty: fc.constantFrom('EC', 'RSA', 'oct', 'OKP'),
          crv: fc.constantFrom('P-256', 'P-384', 'Ed25519'),
          x: fc.constantFrom(secret, 'AA', ''),
          y: fc.constantFrom(secret, 'AA', ''),
          n: fc.constantFrom(secret, 'AQAB'),
          e: fc.constantFrom('AQAB', 'AA', ''),
        }),
      ),
    })
    .map((head) => Buffer.from(JSON.stringify(head)).toString('base64url'));
  const proof = fc.oneof(
    anything,
    fc
      .tuple(header, fc.constantFrom('e30', 'AA', ''), fc.base64String())
      .map((all) => all.join('.')),
  );
  const known = JSON.stringify({
    kty: 'EC',
    crv: 'P-256',
    x: '18wHLeIgW9wVN6VD1Txgpqy2LszYkMf6J8njVAibvhM',
    y: '-V4dS4UaLMgP_4fY4j8ir7cl1TXlFdAgcx55o7TkcSA',
  });
  await holds(
    fc.asyncProperty(proof, async (text) => {
      expect((await registeredKey(text)).kind).not.toBe('signed');
      expect((await signedChallenge(text, known)).kind).not.toBe('signed');
    }),
    { numRuns: 500 },
  );
});

test('the normal form of a URI is normal, and of the same origin', async () => {
  const text = made('https://a.example', 'http://', '/', '..', '%2e', '%41', '@', ':443', '?', '#');
  await holds(
    fc.property(text, (uri) => {
      const normal = normalisedUri(uri);
      if (normal === undefined) return;
      expect(normalisedUri(normal)).toBe(normal);
      expect(new URL(normal).origin).toBe(new URL(uri).origin);
      expect(normal).not.toMatch(/[?#]/);
      expect(new URL(normal)).toMatchObject({ username: '', password: '' });
    }),
    { numRuns: 500 },
  );
});

test('a language is always found', async () => {
  await holds(
    fc.property(made('de', 'fr', 'en', '-', ';q=', '0.5', ',', '*', ' '), (accept) => {
      expect(languageFor(accept)).toMatch(/^[a-z]{2}$/);
    }),
    { numRuns: 500 },
  );
});
