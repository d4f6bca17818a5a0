// Each check of RFC 9449 section 4.3, broken one at a time. Everything else about the request is right.
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApiRequest, reasons } from '#core/resource-server/request-verifier.ts';
import {
  type Changes,
  type Client,
  clientWith,
  type OwnApi,
  origin,
  ownApi,
  startedAt,
} from '#test/support/own-api.ts';

let api: OwnApi;
let client: Client;
let other: Client;
let rsa: Client;
let token: string;
beforeAll(async () => {
  [api, client, other, rsa] = await Promise.all([
    ownApi(),
    clientWith(),
    clientWith(),
    clientWith('RS256'),
  ]);
  token = await api.token(client);
});

const now = startedAt / 1000;
type Broken = [what: string, broken: () => Promise<ApiRequest>, description: string];

const claims = (changes: Changes) => () => api.request(client, token, changes);
const header = (changes: Changes) => () => api.request(client, token, {}, changes);
const headerLater = (changes: () => Promise<Changes>) => async () =>
  api.request(client, token, {}, await changes());
const lines =
  (change: (proof: string) => string[]): (() => Promise<ApiRequest>) =>
  async () => {
    const request = await api.request(client, token);
    return { ...request, dpop: change(request.dpop[0] ?? '') };
  };
const part = (index: number, change: (value: string) => string) =>
  lines((proof) => [
    proof
      .split('.')
      .map((value, i) => (i === index ? change(value) : value))
      .join('.'),
  ]);
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const broken: Broken[] = [
  ['no DPoP header', lines(() => []), 'the DPoP header is missing'],
  ['an empty DPoP header', lines(() => ['']), 'the DPoP header is missing'],
  ['two DPoP headers', lines((proof) => [proof, proof]), 'there is more than one DPoP proof'],
  [
    'two proofs in one line',
    lines((proof) => [`${proof}, ${proof}`]),
    'there is more than one DPoP proof',
  ],
  ['words instead of a JWT', lines(() => ['a proof']), 'the DPoP proof cannot be read'],
  [
    'a JWT of two parts',
    lines((proof) => [proof.split('.').slice(0, 2).join('.')]),
    'the DPoP proof cannot be read',
  ],
  ['padding in its base64url', part(2, (s) => `${s}==`), 'the DPoP proof cannot be read'],
  ['a header that is no JSON', part(0, () => 'bm9wZQ'), 'the DPoP proof cannot be read'],
  ['a header that is a list', part(0, () => encoded([])), 'the DPoP proof cannot be read'],
  [
    'a proof of more than eight thousand characters',
    claims({ more: 'x'.repeat(8000) }),
    'the DPoP proof cannot be read',
  ],
  [
    'a critical extension',
    part(0, (value) =>
      encoded({ ...JSON.parse(Buffer.from(value, 'base64url').toString()), crit: ['x'], x: 1 }),
    ),
    'the DPoP proof cannot be read',
  ],

  ['another typ', header({ typ: 'JWT' }), 'typ of the DPoP proof is not dpop+jwt'],
  ['no typ', header({ typ: undefined }), 'typ of the DPoP proof is not dpop+jwt'],
  [
    'the alg none',
    part(0, (value) =>
      encoded({ ...JSON.parse(Buffer.from(value, 'base64url').toString()), alg: 'none' }),
    ),
    'alg of the DPoP proof is not accepted',
  ],
  [
    'a symmetric alg',
    part(0, (value) =>
      encoded({ ...JSON.parse(Buffer.from(value, 'base64url').toString()), alg: 'HS256' }),
    ),
    'alg of the DPoP proof is not accepted',
  ],

  ['no jwk', header({ jwk: undefined }), 'jwk of the DPoP proof is missing'],
  ['a jwk that is a text', header({ jwk: 'key' }), 'jwk of the DPoP proof is missing'],
  [
    'a private jwk',
    headerLater(async () => ({ jwk: await exportJWK(client.privateKey) })),
    'jwk of the DPoP proof holds a private key',
  ],
  [
    'a symmetric jwk',
    header({ jwk: { kty: 'oct', k: 'c2VjcmV0' } }),
    'jwk of the DPoP proof holds a private key',
  ],
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map(
    (name): Broken => [
      `a jwk with the private member ${name}`,
      headerLater(async () => ({ jwk: { ...client.jwk, [name]: 'c2VjcmV0' } })),
      'jwk of the DPoP proof holds a private key',
    ],
  ),
  [
    'a jwk of another kind than alg',
    headerLater(async () => ({ jwk: rsa.jwk })),
    'jwk of the DPoP proof does not fit its alg',
  ],
  [
    'a jwk of another curve than alg',
    headerLater(async () => ({ jwk: (await clientWith('ES384')).jwk })),
    'jwk of the DPoP proof does not fit its alg',
  ],
  [
    'a point that is not on the curve',
    headerLater(async () => ({ jwk: { ...client.jwk, y: client.jwk.x } })),
    'jwk of the DPoP proof does not fit its alg',
  ],
  [
    'an RSA key of 1024 bits',
    part(0, () =>
      encoded({
        typ: 'dpop+jwt',
        alg: 'RS256',
        jwk: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
          format: 'jwk',
        }),
      }),
    ),
    'jwk of the DPoP proof does not fit its alg',
  ],
  [
    'a signature by another key',
    headerLater(async () => ({ jwk: other.jwk })),
    'the signature of the DPoP proof is wrong',
  ],
  [
    'a changed signature',
    part(2, (value) => value.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))),
    'the signature of the DPoP proof is wrong',
  ],
  ['no signature', part(2, () => ''), 'the signature of the DPoP proof is wrong'],
  [
    'changed claims',
    part(1, () => encoded({ htm: 'GET' })),
    'the signature of the DPoP proof is wrong',
  ],

  ...['htm', 'htu', 'iat', 'jti'].flatMap((name): Broken[] => [
    [
      `no ${name}`,
      claims({ [name]: undefined }),
      'htm, htu, iat or jti of the DPoP proof is missing or has the wrong type',
    ],
    [
      `an ${name} of another type`,
      claims({ [name]: name === 'iat' ? '1800000000' : 1 }),
      'htm, htu, iat or jti of the DPoP proof is missing or has the wrong type',
    ],
  ]),
  [
    'an empty jti',
    claims({ jti: '' }),
    'htm, htu, iat or jti of the DPoP proof is missing or has the wrong type',
  ],
  ['a very long jti', claims({ jti: 'x'.repeat(257) }), 'jti of the DPoP proof is too long'],
  [
    'the method of another request',
    claims({ htm: 'POST' }),
    'htm of the DPoP proof is not the method of the request',
  ],
  [
    'the method in lower case',
    claims({ htm: 'get' }),
    'htm of the DPoP proof is not the method of the request',
  ],
  [
    'the path of another request',
    claims({ htu: `${origin}/accounts` }),
    'htu of the DPoP proof is not the URI of the request',
  ],
  [
    'the host of another server',
    claims({ htu: 'https://evil.example/orders' }),
    'htu of the DPoP proof is not the URI of the request',
  ],
  ['an iat of long ago', claims({ iat: now - 91 }), 'iat of the DPoP proof is too long ago'],
  ['an iat in the future', claims({ iat: now + 31 }), 'iat of the DPoP proof is in the future'],
  [
    'an exp that is over',
    claims({ exp: now - 31 }),
    'the DPoP proof is outside its own exp or nbf',
  ],
  ['an nbf to come', claims({ nbf: now + 31 }), 'the DPoP proof is outside its own exp or nbf'],
  ['no ath', claims({ ath: undefined }), 'ath of the DPoP proof is missing'],
  [
    'the ath of another token',
    claims({ ath: createHash('sha256').update('other').digest('base64url') }),
    'ath of the DPoP proof is not the hash of the access token',
  ],
  [
    'another client’s key',
    () => api.request(other, token),
    'the access token is bound to another key than that of the DPoP proof',
  ],
];

describe('a request is refused, and the challenge says why, when its proof has', () => {
  test.each(broken)('%s', async (_what, make, description) => {
    const verdict = await api.verify(await make());
    expect(verdict).toMatchObject({
      kind: 'refused',
      status: 401,
      body: { error: 'invalid_dpop_proof', error_description: description },
      headers: {
        'www-authenticate': expect.stringContaining(
          `DPoP error="invalid_dpop_proof", error_description="${description}", algs="ES256 `,
        ),
      },
    });
    expect(JSON.stringify(verdict)).not.toContain(token);
  });

  test('all of that, although the same client was accepted before', async () => {
    expect(await api.verify(await api.request(client, token))).toMatchObject({ kind: 'accepted' });
    const seen = new Set(['proof_used']);
    for (const [what, make, description] of broken) {
      const verdict = await api.verify(await make());
      expect(verdict, what).toMatchObject({ body: { error_description: description } });
      if (verdict.kind === 'refused') seen.add(verdict.reason);
    }
    const aboutProofs = reasons.filter((reason) => reason.startsWith('proof_'));
    expect([...seen].sort(), 'every reason there is').toEqual(aboutProofs.sort());
  });
});

describe('a proof is accepted', () => {
  test.each([
    'ES256',
    'ES384',
    'ES512',
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'Ed25519',
    'EdDSA',
  ])('with the alg %s', async (alg) => {
    const one = await clientWith(alg);
    const request = await api.request(one, await api.token(one));
    expect(await api.verify(request)).toMatchObject({ kind: 'accepted', access: { jkt: one.jkt } });
  });

  test('only with an alg of the list that the API’s owner gives', async () => {
    const strict = await ownApi({ proofAlgs: ['ES256'] });
    expect(await strict.verify(await strict.request(rsa, await strict.token(rsa)))).toMatchObject({
      reason: 'proof_alg',
      headers: { 'www-authenticate': expect.stringMatching(/, algs="ES256"$/) },
    });
    const request = await strict.request(client, await strict.token(client));
    expect(await strict.verify(request)).toMatchObject({ kind: 'accepted' });
  });

  test.each(['DPoP+JWT', 'application/dpop+jwt'])('with the typ %s', async (typ) => {
    expect(await api.verify(await api.request(client, token, {}, { typ }))).toMatchObject({
      kind: 'accepted',
    });
  });

  test.each([
    ['as old as it may be, with a clock that is as slow as it may be', -90],
    ['with a clock that is as fast as it may be', 30],
    ['with a fraction of a second', 0.5],
  ])('%s', async (_what, seconds) => {
    const request = await api.request(client, token, { iat: now + seconds });
    expect(await api.verify(request)).toMatchObject({ kind: 'accepted' });
  });

  test('for as long as the API’s owner says, and no longer', async () => {
    const patient = await ownApi({ proofMaxAgeSeconds: 300, skewSeconds: 0 });
    const bound = await patient.token(client);
    for (const [seconds, reason] of [
      [-300, undefined],
      [-300.5, 'proof_too_old'],
      [0, undefined],
      [0.5, 'proof_in_future'],
    ] as const) {
      const verdict = await patient.verify(
        await patient.request(client, bound, { iat: now + seconds }),
      );
      expect(verdict, String(seconds)).toMatchObject(reason ? { reason } : { kind: 'accepted' });
    }
  });

  test('once, and another one with the same jti for another path as well', async () => {
    const jti = randomUUID();
    const request = await api.request(client, token, { jti });
    expect(await api.verify(request)).toMatchObject({ kind: 'accepted' });
    expect(await api.verify(request)).toMatchObject({
      reason: 'proof_used',
      body: { error_description: 'the DPoP proof has been used before' },
    });
    const again = await api.request(client, token, { jti, more: 1 });
    expect(await api.verify(again)).toMatchObject({ reason: 'proof_used' });
    const htu = `${origin}/accounts`;
    const elsewhere = { ...(await api.request(client, token, { jti, htu })), url: '/accounts' };
    expect(await api.verify(elsewhere)).toMatchObject({ kind: 'accepted' });
  });
});

test('a proof is used up to the last moment in which it could be accepted', async () => {
  const one = await ownApi();
  const bound = await one.token(client);
  const request = await one.request(client, bound, { iat: now + 30 });
  expect(await one.verify(request)).toMatchObject({ kind: 'accepted' });
  for (const seconds of [60, 119, 120]) {
    one.clock.at = startedAt + seconds * 1000;
    // Others come meanwhile, so that what is over is forgotten.
    expect(await one.verify(await one.request(client, bound))).toMatchObject({ kind: 'accepted' });
    expect(await one.verify(request), `${seconds}`).toMatchObject({ reason: 'proof_used' });
  }
  one.clock.at = startedAt + 121_000;
  expect(await one.verify(request)).toMatchObject({ reason: 'proof_too_old' });
});
