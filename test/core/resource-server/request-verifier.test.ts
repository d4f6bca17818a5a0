import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiSettings } from '#core/resource-server/request-verifier.ts';
import { type Client, clientWith, issuer, type OwnApi, ownApi } from '#test/support/own-api.ts';

let api: OwnApi;
let client: Client;
let token: string;
beforeAll(async () => {
  [api, client] = await Promise.all([ownApi(), clientWith()]);
  token = await api.token(client);
});

test('an accepted request tells who calls', async () => {
  const request = await api.request(client, token);
  expect(await api.verify(request, { scopes: ['orders.read'] })).toEqual({
    kind: 'accepted',
    scheme: 'DPoP',
    headers: {},
    access: {
      subject: 'ada@example.com',
      clientId: '0oa1',
      scopes: ['orders.read'],
      expiresAt: 1_800_003_600,
      jkt: client.jkt,
      claims: expect.objectContaining({ uid: '00u1' }),
    },
  });
});

describe('the Authorization header', () => {
  const withLines = async (...authorization: string[]) =>
    api.verify({ ...(await api.request(client, token)), authorization });

  test.each(['DPoP', 'dpop', 'DPOP', 'dPoP'])('may say %s', async (scheme) => {
    expect(await withLines(`${scheme} ${token}`)).toMatchObject({ kind: 'accepted' });
  });

  test('that is missing, empty or of another scheme learns what is needed, and no error', async () => {
    for (const lines of [[], [''], ['Basic YTpi'], ['Negotiate']]) {
      expect(await withLines(...lines)).toMatchObject({
        reason: 'token_missing',
        status: 401,
        headers: { 'www-authenticate': expect.stringMatching(/^DPoP algs="ES256 [^"]*"$/) },
      });
    }
  });

  test('comes once, with one token', async () => {
    const repeated = [
      [`DPoP ${token}`, `DPoP ${token}`],
      [`DPoP ${token}`, `Bearer ${token}`],
      [`DPoP ${token}, DPoP ${token}`],
      [`Basic YTpi, DPoP ${token}`],
    ];
    for (const lines of repeated) {
      expect(await withLines(...lines), lines.join()).toMatchObject({
        reason: 'authorization_repeated',
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
    for (const line of ['DPoP', 'DPoP ', `DPoP ${token} ${token}`, 'DPoP tök', `DPoP "${token}"`]) {
      expect(await withLines(line), line).toMatchObject({ reason: 'authorization_malformed' });
    }
    expect(await withLines(`DPoP ${'x'.repeat(17_000)}`)).toMatchObject({
      reason: 'authorization_malformed',
    });
  });
});

describe('a Bearer token', () => {
  const asBearer = async (own: OwnApi, bearer: string) =>
    own.verify({ ...(await own.request(client, bearer)), authorization: [`Bearer ${bearer}`] });

  test('is refused, and the client learns to use DPoP', async () => {
    expect(await asBearer(api, await api.token(undefined))).toMatchObject({
      reason: 'bearer_denied',
      status: 401,
      headers: { 'www-authenticate': expect.stringMatching(/^DPoP error="invalid_token", /) },
    });
  });

  test('that is bound to a key is refused, whatever the owner allows', async () => {
    for (const bearer of ['deny', 'allow'] as const) {
      const own = await ownApi({ bearer });
      expect(await asBearer(own, await own.token(client))).toMatchObject({
        reason: 'bearer_with_bound_token',
        status: 401,
      });
      const certificate = await own.token(undefined, { cnf: { 'x5t#S256': 'x' } });
      expect(await asBearer(own, certificate)).toMatchObject({ kind: 'refused' });
    }
  });

  test('is accepted during a migration, and can be counted', async () => {
    const own = await ownApi({ bearer: 'allow' });
    const unbound = await own.token(undefined);
    expect(await asBearer(own, unbound)).toMatchObject({ kind: 'accepted', scheme: 'Bearer' });
    const needs = { scopes: ['admin'] };
    const request = {
      ...(await own.request(client, unbound)),
      authorization: [`Bearer ${unbound}`],
    };
    expect(await own.verify(request, needs)).toMatchObject({ reason: 'scope_missing' });
    expect(await asBearer(own, await own.token(undefined, { exp: 1 }))).toMatchObject({
      reason: 'token_expired',
      headers: {
        'www-authenticate': expect.stringMatching(
          /^Bearer error="invalid_token", error_description="[^"]+", DPoP algs="ES256 [^"]*"$/,
        ),
      },
    });
  });

  test('during a migration, a request without any learns of both schemes', async () => {
    const own = await ownApi({ bearer: 'allow' });
    expect(
      await own.verify({ method: 'GET', url: '/', authorization: [], dpop: [] }),
    ).toMatchObject({
      headers: { 'www-authenticate': expect.stringMatching(/^DPoP algs="ES256 [^"]*", Bearer$/) },
    });
  });
});

describe('nothing is accepted, and the client may try again, when', () => {
  const unavailable = (reason: string) => ({
    kind: 'refused',
    reason,
    status: 503,
    headers: { 'retry-after': expect.stringMatching(/^[1-9]$/), 'cache-control': 'no-store' },
    body: { error: 'temporarily_unavailable' },
  });

  test.each([
    ['does not answer', () => Promise.reject(new TypeError('fetch failed'))],
    ['answers with an error', () => new Response('', { status: 500 })],
    ['answers with something else', () => new Response('<html>')],
    ['answers with no key', () => Response.json({ keys: [] })],
  ])('the issuer’s key set %s', async (_what, answer) => {
    const own = await ownApi();
    own.answers[`${issuer}/v1/keys`] = answer;
    const request = await own.request(client, await own.token(client));
    expect(await own.verify(request)).toMatchObject(unavailable('keys_unavailable'));
  });

  test('the issuer’s metadata is unavailable', async () => {
    const own = await ownApi();
    own.answers[`${issuer}/.well-known/openid-configuration`] = () =>
      Promise.reject(new TypeError('fetch failed'));
    const request = await own.request(client, await own.token(client));
    expect(await own.verify(request)).toMatchObject(unavailable('keys_unavailable'));
  });

  test('the store of used proofs is unavailable', async () => {
    const replay = { use: () => Promise.reject(new Error('away')) };
    const own = await ownApi({}, { replay });
    const request = await own.request(client, await own.token(client));
    expect(await own.verify(request)).toMatchObject(unavailable('replay_unavailable'));
  });

  test('nonces cannot be made', async () => {
    const away = () => Promise.reject(new Error('away'));
    const own = await ownApi({}, { nonces: { newest: away, judge: away } });
    const request = await own.request(client, await own.token(client), { nonce: 'x' });
    expect(await own.verify(request)).toMatchObject(unavailable('nonce_unavailable'));
  });

  test('another unknown key id was looked up a moment ago', async () => {
    const own = await ownApi();
    const first = await own.request(client, await own.token(client, {}, { kid: 'x' }));
    expect(await own.verify(first)).toMatchObject({ reason: 'token_key_unknown', status: 401 });
    const asked = own.asked.length;
    for (let each = 0; each < 20; each++) {
      own.clock.at += 100;
      const next = await own.request(client, await own.token(client, {}, { kid: `x${each}` }));
      expect(await own.verify(next)).toMatchObject({ kind: 'refused' });
    }
    expect(own.asked.length - asked, 'requests for twenty invented key ids').toBeLessThanOrEqual(1);
    const last = await own.request(client, await own.token(client, {}, { kid: 'y' }));
    expect(await own.verify(last)).toMatchObject(unavailable('key_not_sought'));
  });
});

test('known keys outlive an outage of the issuer', async () => {
  const own = await ownApi();
  expect(await own.verify(await own.request(client, await own.token(client)))).toMatchObject({
    kind: 'accepted',
  });
  for (const url of Object.keys(own.answers)) {
    own.answers[url] = () => Promise.reject(new TypeError('fetch failed'));
  }
  own.clock.at += 6 * 3_600_000;
  expect(await own.verify(await own.request(client, await own.token(client)))).toMatchObject({
    kind: 'accepted',
  });
});

test('a request that is refused uses up nothing', async () => {
  const own = await ownApi();
  const request = await own.request(client, await own.token(client));
  expect(await own.verify(request, { scopes: ['admin'] })).toMatchObject({ status: 403 });
  expect(await own.verify(request)).toMatchObject({ kind: 'accepted' });
});

test('everything that is wrong with the settings is named at once', async () => {
  const settings = {
    issuer: 'acme.okta.com',
    audience: [],
    publicUrl: 'http://api.example.com',
    bearer: 'maybe',
    proofAlgs: ['HS256'],
    proofMaxAgeSeconds: 0,
    skewSeconds: 301,
    tokenTypes: [],
    introspection: { endpoint: 'http://evil.example' },
  } as unknown as ApiSettings;
  const fault = await ownApi(settings).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(TypeError);
  const { message } = fault as Error;
  for (const name of Object.keys(settings)) expect(message, name).toContain(name);
  await expect(ownApi({ publicUrl: undefined })).rejects.toThrow('publicUrl');
  await expect(ownApi({ trustHost: true })).rejects.toThrow('trustHost');
});
