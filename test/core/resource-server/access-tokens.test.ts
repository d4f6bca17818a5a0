import { inspect } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  audience,
  type Changes,
  type Client,
  clientWith,
  issuer,
  type OwnApi,
  ownApi,
  startedAt,
} from '#test/support/own-api.ts';

const now = startedAt / 1000;
let api: OwnApi;
let client: Client;
beforeAll(async () => {
  [api, client] = await Promise.all([ownApi(), clientWith()]);
});

async function verdictOf(token: string, own = api, needs = {}) {
  return own.verify(await own.request(client, token), needs);
}

const reasonOf = async (claims: Changes, header: Changes = {}, own = api) => {
  const verdict = await verdictOf(await own.token(client, claims, header), own);
  return verdict.kind === 'accepted' ? 'accepted' : verdict.reason;
};

/** Okta's own claims are missing: what RFC 9068 wants is left. */
const rfc9068 = {
  cid: undefined,
  scp: undefined,
  uid: undefined,
  ver: undefined,
  client_id: 'app',
};

describe('an access token is accepted', () => {
  test.each([
    ['in the form of Okta’s custom authorization servers, which has no typ', {}, {}],
    ['of client credentials at Okta, which has no user', { uid: undefined, sub: '0oa1' }, {}],
    ['in the form of RFC 9068', { ...rfc9068, scope: 'orders.read' }, { typ: 'at+jwt' }],
    ['with the long form of its typ', { ...rfc9068, scope: 'a' }, { typ: 'application/AT+JWT' }],
    ['with several audiences', { aud: ['other', audience] }, {}],
    ['at the end of its life, with a slow clock', { exp: now - 29 }, {}],
    ['before its life, with a fast clock', { nbf: now + 30, iat: now + 30 }, {}],
  ] as const)('%s', async (_what, claims, header) => {
    expect(await reasonOf(claims, header)).toBe('accepted');
  });

  test('and tells the scopes in either form', async () => {
    const scope = 'orders.read  orders.write';
    const token = await api.token(client, { ...rfc9068, scope }, { typ: 'at+jwt' });
    expect(await verdictOf(token)).toMatchObject({
      access: { clientId: 'app', scopes: ['orders.read', 'orders.write'] },
    });
  });

  test('without a type, when its issuer’s tokens have none', async () => {
    const plain = { ...rfc9068, scope: 'orders.read' };
    expect(await reasonOf(plain)).toBe('token_type');
    const other = await ownApi({ tokenTypes: ['jwt'] });
    expect(await reasonOf(plain, {}, other)).toBe('accepted');
    expect(await reasonOf(plain, { typ: 'JWT' }, other)).toBe('accepted');
    for (const typ of ['logout+jwt', 'dpop+jwt', 'secevent+jwt']) {
      expect(await reasonOf(plain, { typ }, other), typ).toBe('token_type');
    }
  });
});

describe('an access token is refused', () => {
  test.each([
    ['of another issuer', { iss: 'https://evil.example' }, {}, 'token_issuer'],
    ['without an issuer', { iss: undefined }, {}, 'token_issuer'],
    ['of an issuer that differs by a slash', { iss: `${issuer}/` }, {}, 'token_issuer'],
    ['for another audience', { aud: 'api://accounts' }, {}, 'token_audience'],
    ['without an audience', { aud: undefined }, {}, 'token_audience'],
    ['that has expired', { exp: now - 30 }, {}, 'token_expired'],
    ['that never expires', { exp: undefined }, {}, 'token_claims'],
    ['whose life has not begun', { nbf: now + 31 }, {}, 'token_not_yet'],
    ['whose iat is a text', { iat: '1800000000' }, {}, 'token_claims'],
    ['whose nbf is a text', { nbf: '1800000000' }, {}, 'token_claims'],
    ['that was issued in the future', { iat: now + 31 }, {}, 'token_not_yet'],
    ['that is an ID token', { cid: undefined, scp: undefined, nonce: 'n' }, {}, 'token_type'],
    ['that is a logout token', {}, { typ: 'logout+jwt' }, 'token_type'],
    ['that is bound to no key', { cnf: undefined }, {}, 'token_not_bound'],
    ['that is bound to a certificate', { cnf: { 'x5t#S256': 'x' } }, {}, 'token_claims'],
    ['whose binding is a list', { cnf: { jkt: ['x'] } }, {}, 'token_claims'],
    ['of a key that the issuer does not have', {}, { kid: 'two' }, 'token_key_unknown'],
  ] as const)('%s', async (_what, claims, header, reason) => {
    expect(await reasonOf(claims, header)).toBe(reason);
  });

  test('without a signature, with another one, or with a secret for a signature', async () => {
    const claims = {
      iss: issuer,
      aud: audience,
      exp: now + 60,
      cid: 'x',
      scp: [],
      cnf: { jkt: client.jkt },
    };
    const unsigned = new UnsecuredJWT(claims).encode();
    expect(await verdictOf(unsigned)).toMatchObject({ reason: 'token_alg' });
    const token = await api.token(client);
    const forged = `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(342)}`;
    expect(await verdictOf(forged)).toMatchObject({ reason: 'token_signature' });
    const secret = new TextEncoder().encode(JSON.stringify(client.jwk));
    const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret);
    expect(await verdictOf(symmetric)).toMatchObject({ reason: 'token_alg' });
    expect(await verdictOf('opaque')).toMatchObject({ reason: 'token_malformed' });
  });

  test('and the refusal holds nothing of it, neither for the client nor for a log', async () => {
    const sub = 'somebody@example.com';
    for (const claims of [{ exp: now - 100 }, { nbf: now + 100 }, { aud: 'other' }]) {
      const token = await api.token(client, { sub, ...claims });
      const verdict = await verdictOf(token);
      expect(verdict.kind).toBe('refused');
      expect(inspect(verdict, { depth: 9 })).not.toMatch(/somebody|eyJ/);
    }
  });

  test('that expires between two calls, although it was verified', async () => {
    const own = await ownApi();
    const token = await own.token(client, { exp: now + 10 });
    expect(await verdictOf(token, own)).toMatchObject({ kind: 'accepted' });
    own.clock.at += 41_000;
    expect(await verdictOf(token, own)).toMatchObject({
      reason: 'token_expired',
      status: 401,
      headers: {
        'www-authenticate': expect.stringContaining(
          'DPoP error="invalid_token", error_description="the access token has expired"',
        ),
      },
    });
  });

  test('a minute after its issuer withdrew the key, although it was verified', async () => {
    const own = await ownApi();
    const token = await own.token(client);
    expect(await verdictOf(token, own)).toMatchObject({ kind: 'accepted' });
    const { publicKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'two' };
    own.answers[`${issuer}/v1/keys`] = () => Response.json({ keys: [jwk] });
    // A token of the new key makes its set known.
    own.clock.at += 1;
    await verdictOf(await own.token(client, {}, { kid: 'two' }), own);
    own.clock.at += 61_000;
    expect(await verdictOf(token, own)).toMatchObject({ reason: 'token_key_unknown' });
  });
});

test('code cannot change what the next call with the same token learns of its caller', async () => {
  const token = await api.token(client, { address: { country: 'NZ' } });
  const first = await verdictOf(token);
  if (first.kind !== 'accepted') throw new Error(first.reason);
  const { access } = first;
  const claims = access.claims as Record<string, unknown>;
  const changes = [
    () => (access.scopes as string[]).push('orders.write'),
    () => Object.assign(access, { subject: 'grace@example.com' }),
    () => Object.assign(claims, { exp: now + 1e6 }),
    () => Object.assign(claims.address as object, { country: 'AU' }),
  ];
  for (const change of changes) expect(change).toThrow(TypeError);
  expect(await verdictOf(token, api, { scopes: ['orders.write'] })).toMatchObject({
    reason: 'scope_missing',
  });
  expect(await verdictOf(token)).toMatchObject({
    access: { subject: 'ada@example.com', claims: { exp: now + 3600, address: { country: 'NZ' } } },
  });
});

describe('scopes', () => {
  test('that were granted open the route; one that is missing is named', async () => {
    const token = await api.token(client, { scp: ['orders.read', 'orders.write'] });
    for (const scopes of [[], ['orders.read'], ['orders.write', 'orders.read']]) {
      expect(await verdictOf(token, api, { scopes })).toMatchObject({ kind: 'accepted' });
    }
    expect(await verdictOf(token, api, { scopes: ['orders.read', 'admin'] })).toMatchObject({
      reason: 'scope_missing',
      status: 403,
      headers: {
        'www-authenticate': expect.stringMatching(
          /^DPoP error="insufficient_scope", error_description="[^"]+", scope="orders.read admin", algs="/,
        ),
      },
    });
  });

  test('are compared whole', async () => {
    const token = await api.token(client, { scp: ['orders.read.all', 'xorders.read'] });
    const needs = { scopes: ['orders.read'] };
    expect(await verdictOf(token, api, needs)).toMatchObject({ reason: 'scope_missing' });
  });
});
