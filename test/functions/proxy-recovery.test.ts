// What may come back instead of an answer: challenges for nonces, tokens and sign-ins, and connections that die.
import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import type { SessionContent } from '#core/session/session.ts';
import { serveBytes } from '../support/loopback.ts';
import { proofIn } from '../support/proofs.ts';
import { type Arrived, json, proxyWorld, type Upstream } from '../support/proxying.ts';

const challenge = (status: number, value: string, nonce: string): Challenge => ({
  status,
  headers: { 'www-authenticate': value, 'dpop-nonce': nonce },
});

interface Challenge {
  status: number;
  headers: Record<string, string>;
  body?: unknown;
}

const proofs = (world: { arrived: Arrived[]; upstream: string; clock: { now(): number } }) =>
  Promise.all(world.arrived.map((one) => proofIn(one, world.upstream, world.clock.now())));

const fresh = async (world: Parameters<typeof proofs>[0]) => {
  const all = await proofs(world);
  expect(new Set(all.map(({ jti }) => jti)).size, 'a new jti for every attempt').toBe(all.length);
  return all.map(({ nonce }) => nonce);
};

// As RFC 9449 says it, and as Okta does.
const nonceChallenges: [string, Challenge][] = [
  ['as 401', challenge(401, 'DPoP error="use_dpop_nonce"', 'n1')],
  [
    'as 401 with several schemes',
    challenge(401, 'Bearer realm="x", DPoP algs="ES256", error="use_dpop_nonce"', 'n1'),
  ],
  ['as 400 under DPoP', challenge(400, 'DPoP algs="ES256", error="use_dpop_nonce"', 'n1')],
  ['as 400 under Bearer', challenge(400, 'Bearer error=use_dpop_nonce', 'n1')],
  [
    'as 400 with the error in the body',
    { status: 400, headers: { 'dpop-nonce': 'n1' }, body: { error: 'use_dpop_nonce' } },
  ],
];

test.each(nonceChallenges)('a nonce challenge is answered once, %s', async (_what, asked) => {
  const world = await proxyWorld({
    upstream: (arrived, response, nth) =>
      nth === 1
        ? json(response, asked.body ?? {}, asked.status, asked.headers)
        : json(response, { got: arrived.body.toString('base64') }),
  });
  const ada = await world.signIn();
  const body = Buffer.from([0, 255, 13, 10, 200]);
  const answer = await world.call(ada, '/bff/api/v1/users?x=1', { method: 'POST', body });
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { got: body.toString('base64') }]);
  expect(await fresh(world)).toEqual([undefined, 'n1']);
  await world.call(ada, '/bff/api/v1/users');
  expect(world.arrived).toHaveLength(3);
  expect((await fresh(world))[2]).toBe('n1');
});

test('a server that always challenges sees two attempts, and its answer is passed on', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) =>
      json(response, { nth }, 401, {
        'www-authenticate': 'DPoP error="use_dpop_nonce"',
        'dpop-nonce': `n${nth}`,
      }),
  });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect([answer.status, answer.text]).toEqual([401, '{"nth":2}']);
  expect(answer.headers).toEqual({ 'content-type': 'application/json' });
  expect(await fresh(world)).toEqual([undefined, 'n1']);
});

test.each([
  ['no nonce', {}, 0],
  ['two nonces', { 'dpop-nonce': ['a', 'b'] }, 2],
  ['a nonce that is none', { 'dpop-nonce': 'a b' }, 2],
])('a challenge with %s is not answered', async (_what, headers, noted) => {
  const world = await proxyWorld({
    upstream: (_arrived, response) =>
      json(response, {}, 401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', ...headers }),
  });
  const ada = await world.signIn();
  expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(401);
  await world.call(ada, '/bff/api/v1/users');
  expect(await fresh(world)).toEqual([undefined, undefined]);
  expect(world.events.filter(([name]) => name === 'nonce.malformed')).toHaveLength(noted);
});

test.each([
  ['another DPoP fault', challenge(400, 'DPoP error="invalid_dpop_proof"', 'n1')],
  ['a missing proof', challenge(400, 'Bearer error="invalid_request"', 'n1')],
  ['too few rights', challenge(403, 'DPoP error="insufficient_scope"', 'n1')],
  ['a nonce challenge as 403', challenge(403, 'DPoP error="use_dpop_nonce"', 'n1')],
  ['a word in a text', { status: 400, headers: { 'dpop-nonce': 'n1' }, body: 'use_dpop_nonce' }],
])('%s is passed on unchanged, after one attempt', async (_what, asked: Challenge) => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, asked.body ?? {}, asked.status, asked.headers),
  });
  const ada = await world.signIn();
  expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(asked.status);
  expect([world.arrived.length, world.counted.tokenCalls]).toEqual([1, 0]);
});

test('a server that gives a new nonce with every answer is never asked twice', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) => json(response, {}, 200, { 'dpop-nonce': `n${nth}` }),
  });
  const ada = await world.signIn();
  for (let i = 0; i < 4; i += 1) await world.call(ada, '/bff/api/v1/users');
  expect(await fresh(world)).toEqual([undefined, 'n1', 'n2', 'n3']);
  expect(world.counted.signatures).toBe(4);
});

test('a nonce that the server no longer accepts costs one more attempt, and only once', async () => {
  let current = 'n1';
  const world = await proxyWorld({
    upstream: (arrived, response) => {
      const { nonce } = decodeJwt<{ nonce?: string }>(String(arrived.headers.dpop));
      const { status, headers } = challenge(401, 'DPoP error="use_dpop_nonce"', current);
      if (nonce === current) json(response, {});
      else json(response, {}, status, headers);
    },
  });
  const ada = await world.signIn();
  const ask = async () => (await world.call(ada, '/bff/api/v1/users')).status;
  expect([await ask(), await ask()]).toEqual([200, 200]);
  current = 'n2';
  expect([await ask(), await ask()]).toEqual([200, 200]);
  expect(await fresh(world)).toEqual([undefined, 'n1', 'n1', 'n1', 'n2', 'n2']);
});

test('50 calls at once share one nonce, and none of them waits for another', async () => {
  const waiting: (() => void)[] = [];
  const world = await proxyWorld({
    upstream(_arrived, response, nth) {
      if (nth > 1) waiting.push(() => json(response, {}));
      else json(response, {}, 200, { 'dpop-nonce': 'n1' });
      if (waiting.length === 50) for (const go of waiting) go();
    },
  });
  const users = [await world.signIn(), await world.signIn()];
  await world.call(users[0] ?? {}, '/bff/api/v1/users');
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => world.call(users[i % 2] ?? {}, '/bff/api/v1/users')),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(new Set((await fresh(world)).slice(1))).toEqual(new Set(['n1']));
});

test('an upload of 4.4 MB is sent again unchanged when a nonce is demanded', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) => {
      const { status, headers } = challenge(400, 'DPoP error="use_dpop_nonce"', 'n1');
      if (nth === 1) json(response, {}, status, headers);
      else json(response, {});
    },
  });
  const body = randomBytes(4_400_000);
  const answer = await world.call(await world.signIn(), '/bff/api/v1/files', {
    method: 'PUT',
    body,
  });
  expect(answer.status).toBe(200);
  expect(world.arrived.map((one) => one.body.equals(body))).toEqual([true, true]);
  expect(await fresh(world)).toEqual([undefined, 'n1']);
});

test('a call that the page repeats after 429 or 503 has a new proof', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) => json(response, {}, [429, 503, 200][nth - 1]),
  });
  const ada = await world.signIn();
  for (const status of [429, 503, 200]) {
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(status);
  }
  expect(await fresh(world)).toHaveLength(3);
});

test.each([
  ['a missing proof under Bearer', 400, { 'www-authenticate': 'Bearer error="invalid_request"' }],
  ['Bearer alone', 401, { 'www-authenticate': 'Bearer' }],
  ['a refused token under Bearer', 401, { 'www-authenticate': 'Bearer error="invalid_token"' }],
  ['a nonce under Bearer', 401, challenge(401, 'Bearer error="use_dpop_nonce"', 'n1').headers],
  ['no scheme', 401, {}],
  ['a proxy that wants credentials', 407, { 'proxy-authenticate': 'Bearer, Basic realm="x"' }],
])('%s never causes a fallback to Bearer', async (_what, status, headers) => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, status, headers),
    token: renewed,
  });
  const ada = await world.signIn();
  for (let i = 0; i < 2; i += 1) {
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(status);
  }
  // Each with the scheme DPoP.
  await fresh(world);
  expect(world.arrived.some((one) => 'proxy-authorization' in one.headers)).toBe(false);
});

test('an early proof whose nonce is no longer the newest is thrown away', async () => {
  const held = Promise.withResolvers<void>();
  let reads = 0;
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) => json(response, {}, 200, { 'dpop-nonce': `n${nth}` }),
    sessions: (store) => ({
      ...store,
      async read(id) {
        reads += 1;
        if (reads === 2) await held.promise;
        return store.read(id);
      },
    }),
  });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  const slow = world.call(ada, '/bff/api/v1/users');
  await world.call(ada, '/bff/api/v1/users');
  held.resolve();
  await slow;
  expect(await fresh(world)).toEqual([undefined, 'n1', 'n2']);
});

test('the nonce of an error answer is used as well', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, 429, { 'dpop-nonce': 'n1' }),
  });
  const ada = await world.signIn();
  for (let i = 0; i < 2; i += 1) await world.call(ada, '/bff/api/v1/users');
  expect(await fresh(world)).toEqual([undefined, 'n1']);
});

test('another environment finds the nonce beside the session, and saves the round trip', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, 200, { 'dpop-nonce': 'n1' }),
  });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  await world.call(ada, '/bff/api/v1/users', {}, world.environment());
  expect(await fresh(world)).toEqual([undefined, 'n1']);
});

test('a nonce that many sessions share is stored once beside each', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, 200, { 'dpop-nonce': 'n1' }),
  });
  const users = [await world.signIn(), await world.signIn()];
  for (let i = 0; i < 6; i += 1) {
    for (const user of users) await world.call(user, '/bff/api/v1/users');
    world.later(10);
  }
  expect(world.counted.writes).toBe(2);
});

test('a nonce that keeps changing is stored every few seconds at most', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) => json(response, {}, 200, { 'dpop-nonce': `n${nth}` }),
  });
  const ada = await world.signIn();
  for (let i = 0; i < 20; i += 1) {
    await world.call(ada, '/bff/api/v1/users');
    world.later(0.5);
  }
  expect(world.counted.writes).toBe(2);
});

test('a table that refuses the nonce, or is slow to store it, delays nobody', async () => {
  for (const saveNonce of [
    () => Promise.reject(new Error('throttled')),
    () => new Promise<void>(() => {}),
  ]) {
    const world = await proxyWorld({
      upstream: (_arrived, response) => json(response, {}, 200, { 'dpop-nonce': 'n1' }),
      sessions: (store) => ({ ...store, saveNonce }),
    });
    const ada = await world.signIn();
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
  }
});

test('each upstream has its own nonce', async () => {
  const other = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, 200, { 'dpop-nonce': 'theirs' }),
  });
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, 200, { 'dpop-nonce': 'ours' }),
    routes: () => [{ path: '/bff/api/shop/*', upstream: other.upstream, wholeHost: true }],
  });
  const ada = await world.signIn();
  for (let i = 0; i < 2; i += 1) {
    await world.call(ada, '/bff/api/v1/users');
    await world.call(ada, '/bff/api/shop/basket');
  }
  expect(await fresh(world)).toEqual([undefined, 'ours']);
  expect(await fresh({ ...other, clock: world.clock })).toEqual([undefined, 'theirs']);
});

const renewed = (form: URLSearchParams, nth: number): Response => {
  expect(form.get('grant_type')).toBe('refresh_token');
  return Response.json({
    access_token: `renewed-${nth}`,
    token_type: 'DPoP',
    expires_in: 3_600,
    refresh_token: `refresh-${nth + 1}`,
  });
};

const refusesTheFirst: Upstream = (arrived, response, nth) =>
  nth === 1
    ? json(response, {}, 401, { 'www-authenticate': 'DPoP error="invalid_token"' })
    : json(response, { body: arrived.body.toString() });

test('a token that the API refuses is renewed once, and the call is repeated unchanged', async () => {
  const world = await proxyWorld({ upstream: refusesTheFirst, token: renewed });
  const ada = await world.signIn();
  const body = Buffer.from('a body');
  const answer = await world.call(ada, '/bff/api/v1/users', { method: 'POST', body });
  expect([answer.status, answer.text]).toEqual([200, '{"body":"a body"}']);
  expect(world.arrived.map(({ headers }) => headers.authorization)).toEqual([
    `DPoP ${ada.token}`,
    'DPoP renewed-1',
  ]);
  await fresh(world);
  await world.call(ada, '/bff/api/v1/users');
  expect(world.counted.tokenCalls).toBe(1);
  expect(world.arrived[2]?.headers.authorization).toBe('DPoP renewed-1');
});

test('an API behind API Gateway is understood, whose challenges the gateway renames', async () => {
  const renamed = (error: string): Record<string, string> => ({
    'x-amzn-remapped-www-authenticate': `DPoP error="${error}"`,
  });
  const refusals: Record<string, string>[] = [
    { ...renamed('use_dpop_nonce'), 'dpop-nonce': 'n1' },
    renamed('invalid_token'),
  ];
  const world = await proxyWorld({
    upstream: (_arrived, response) => {
      const refusal = refusals.shift();
      return refusal ? json(response, {}, 401, refusal) : json(response, {});
    },
    token: renewed,
  });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect(answer.status).toBe(200);
  expect([world.arrived.length, world.counted.tokenCalls]).toEqual([3, 1]);
  expect(Object.keys(answer.headers)).not.toContain('x-amzn-remapped-www-authenticate');
});

test('a token that is refused again is not renewed again', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response) =>
      json(response, {}, 401, { 'www-authenticate': 'DPoP error="invalid_token"' }),
    token: renewed,
  });
  const ada = await world.signIn();
  expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(401);
  expect([world.arrived.length, world.counted.tokenCalls]).toEqual([2, 1]);
});

const refusesAll: Upstream = (_arrived, response) =>
  json(response, { api: 'no' }, 401, { 'www-authenticate': 'DPoP error="invalid_token"' });

describe('an API that refuses whatever token it gets', () => {
  test('costs one renewal for 20 calls over two environments, and no write beside it', async () => {
    const world = await proxyWorld({ upstream: refusesAll, token: renewed });
    const ada = await world.signIn();
    const ask = async (environment?: Parameters<typeof world.call>[3]) => {
      const answer = await world.call(ada, '/bff/api/v1/users', {}, environment);
      expect([answer.status, answer.text]).toEqual([401, '{"api":"no"}']);
      expect(answer.cookies).toEqual([]);
    };
    await ask();
    const { writes, signatures } = world.counted;
    const other = world.environment();
    for (let i = 0; i < 19; i += 1) await ask(i % 2 === 0 ? other : undefined);
    expect(world.counted.tokenCalls).toBe(1);
    expect(world.counted.writes - writes).toBe(0);
    // The other environment tries the same token twice, once.
    expect(world.counted.signatures - signatures).toBe(20);
    expect(await world.sessions.read(ada.id)).toBeDefined();
  });

  test('costs one renewal for 20 calls at once', async () => {
    const world = await proxyWorld({ upstream: refusesAll, token: renewed });
    const ada = await world.signIn();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.call(ada, '/bff/api/v1/users')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(world.counted.tokenCalls).toBe(1);
  });

  test('is believed for half the lifetime of the token, and then one more is tried', async () => {
    const world = await proxyWorld({ upstream: refusesAll, token: renewed });
    const ada = await world.signIn();
    const callsIn = async (seconds: number) => {
      world.later(seconds);
      await world.call(ada, '/bff/api/v1/users');
      return world.counted.tokenCalls;
    };
    expect([await callsIn(0), await callsIn(1_790), await callsIn(20), await callsIn(1)]).toEqual([
      1, 1, 2, 2,
    ]);
  });

  test('that took the new token, and refuses it later, gets another', async () => {
    const refuses = new Set([1, 3, 5]);
    const world = await proxyWorld({
      upstream: (arrived, response, nth) =>
        refuses.has(nth) ? refusesAll(arrived, response, nth) : json(response, {}),
      token: renewed,
    });
    const ada = await world.signIn();
    for (let i = 0; i < 3; i += 1) {
      expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
      world.later(60);
    }
    expect(world.counted.tokenCalls).toBe(3);
  });

  test('at one of its paths, and takes it at the others, costs one renewal a minute in all environments', async () => {
    const world = await proxyWorld({
      upstream: (arrived, response, nth) =>
        arrived.url.endsWith('/never') ? refusesAll(arrived, response, nth) : json(response, {}),
      token: renewed,
    });
    const ada = await world.signIn();
    const environments = [world.environment(), world.environment(), world.environment()];
    const minute = async () => {
      for (const environment of [...environments, ...environments]) {
        const of = (path: string) => world.call(ada, path, {}, environment);
        expect((await of('/bff/api/v1/users')).status).toBe(200);
        expect((await of('/bff/api/v1/never')).status).toBe(401);
      }
      return world.counted.tokenCalls;
    };
    expect(await minute()).toBe(1);
    world.later(61);
    expect(await minute()).toBe(2);
  });

  test('gets another token when the one before, short-lived, was renewed less than a minute ago', async () => {
    let accepted = 'DPoP renewed-1';
    const world = await proxyWorld({
      upstream: (arrived, response, nth) =>
        arrived.headers.authorization === accepted
          ? json(response, {})
          : refusesAll(arrived, response, nth),
      token: async (form, nth) => {
        const usual = (await renewed(form, nth).json()) as Record<string, unknown>;
        return Response.json({ ...usual, expires_in: 20 });
      },
    });
    const ada = await world.signIn();
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
    world.later(15);
    accepted = 'DPoP renewed-2';
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
  });

  test('costs one renewal although another API takes the same token in between', async () => {
    const world = await proxyWorld({
      upstream: (arrived, response, nth) =>
        arrived.url.startsWith('/never') ? refusesAll(arrived, response, nth) : json(response, {}),
      routes: (origin) => [{ path: '/bff/api/never/*', upstream: `${origin}/never` }],
      token: renewed,
    });
    const ada = await world.signIn();
    for (let i = 0; i < 10; i += 1) {
      expect((await world.call(ada, '/bff/api/never/x')).status).toBe(401);
      expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
    }
    expect(world.counted.tokenCalls).toBe(1);
  });

  test('has no say in what another API gets for its own audience', async () => {
    const world = await proxyWorld({
      upstream: (arrived, response, nth) =>
        arrived.headers.authorization === 'DPoP renewed-3'
          ? json(response, {})
          : refusesAll(arrived, response, nth),
      routes: (origin) => [
        { path: '/bff/api/own/*', upstream: `${origin}/own`, resource: 'https://own.example/api' },
      ],
      token: renewed,
    });
    const ada = await world.signIn();
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(401);
    expect((await world.call(ada, '/bff/api/own/x')).status).toBe(200);
  });
});

describe('without a refresh token', () => {
  const lasting = { refreshToken: undefined } as unknown as Partial<SessionContent>;

  test('a token that an API refuses ends no session: the API’s 401 goes on', async () => {
    const world = await proxyWorld({ upstream: refusesAll });
    const ada = await world.signIn(lasting);
    for (const attempts of [2, 3, 4]) {
      const answer = await world.call(ada, '/bff/api/v1/users');
      expect([answer.status, answer.code, answer.cookies]).toEqual([401, undefined, []]);
      expect(world.arrived).toHaveLength(attempts);
    }
    expect(await world.sessions.read(ada.id)).toBeDefined();
    expect(world.counted.tokenCalls).toBe(0);
  });

  test('a route that wants a token of its own is 503, and the session goes on', async () => {
    const world = await proxyWorld({
      routes: (origin) => [
        { path: '/bff/api/scoped/*', upstream: `${origin}/scoped`, scopes: ['orders.read'] },
      ],
    });
    const ada = await world.signIn(lasting);
    const answer = await world.call(ada, '/bff/api/scoped/x');
    expect([answer.status, answer.code]).toEqual([503, 'refresh_unavailable']);
    expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
    world.later(3_600);
    expect((await world.call(ada, '/bff/api/v1/users')).code).toBe('session_expired');
    expect(await world.sessions.read(ada.id)).toBeUndefined();
  });
});

test('an expired token is renewed before anything is sent', async () => {
  const world = await proxyWorld({ token: renewed });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  world.later(1_700);
  await world.call(ada, '/bff/api/v1/users');
  world.later(1_799);
  await world.call(ada, '/bff/api/v1/users');
  world.later(200);
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect(answer.status).toBe(200);
  expect(world.arrived.at(-1)?.headers.authorization).toBe('DPoP renewed-1');
  expect(world.counted.tokenCalls).toBe(1);
});

test('a session that cannot be renewed ends', async () => {
  const world = await proxyWorld({
    upstream: refusesTheFirst,
    token: () => Response.json({ error: 'invalid_grant' }, { status: 400 }),
  });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect([answer.status, answer.code]).toEqual([401, 'session_expired']);
  expect(await world.sessions.read(ada.id)).toBeUndefined();
});

test('an authorization server that is unavailable is 503 refresh_unavailable and ends nothing', async () => {
  const world = await proxyWorld({
    upstream: refusesTheFirst,
    token: () => new Response('', { status: 503 }),
  });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect([answer.status, answer.code]).toEqual([503, 'refresh_unavailable']);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(await world.sessions.read(ada.id)).toBeDefined();
});

test('both in one call: a nonce challenge, then a refused token, each answered once', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) =>
      nth === 1
        ? json(response, {}, 401, {
            'www-authenticate': 'DPoP error="use_dpop_nonce"',
            'dpop-nonce': 'n1',
          })
        : refusesTheFirst(_arrived, response, nth - 1),
    token: renewed,
  });
  const ada = await world.signIn();
  expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
  expect(await fresh(world)).toEqual([undefined, 'n1', 'n1']);
  expect(world.events.at(-1)?.[1]).toMatchObject({ retries: 2, nonceHit: false });
});

test('an API with a resource of its own gets a token of its own, renewed under the same lease', async () => {
  const forms: URLSearchParams[] = [];
  const world = await proxyWorld({
    routes: (origin) => [
      { path: '/bff/api/own/*', upstream: `${origin}/own`, resource: 'https://own.example/api' },
      { path: '/bff/api/scoped/*', upstream: `${origin}/scoped`, scopes: ['orders.read'] },
    ],
    token(form, nth) {
      forms.push(form);
      return renewed(form, nth);
    },
  });
  const ada = await world.signIn();
  for (let i = 0; i < 2; i += 1) {
    await world.call(ada, '/bff/api/v1/users');
    await world.call(ada, '/bff/api/own/x');
    await world.call(ada, '/bff/api/scoped/x');
  }
  const sent = world.arrived.map(({ url, headers }) => [url, headers.authorization]);
  const once = [
    ['/api/v1/users', `DPoP ${ada.token}`],
    ['/own/x', 'DPoP renewed-1'],
    ['/scoped/x', 'DPoP renewed-2'],
  ];
  expect(sent).toEqual([...once, ...once]);
  expect(forms.map((form) => [form.get('resource'), form.get('scope')])).toEqual([
    ['https://own.example/api', null],
    [null, 'orders.read'],
  ]);
  await fresh(world);
});

const stepUp =
  (value: string, status = 401): Upstream =>
  (_arrived, response) =>
    json(response, {}, status, { 'www-authenticate': value });

test.each([
  [
    'RFC 9470',
    401,
    'DPoP error="insufficient_user_authentication", acr_values="myACR other", max_age="5"',
    '/bff/login?acr_values=myACR+other&max_age=5',
  ],
  [
    'RFC 9470 under Bearer',
    401,
    'Bearer error="insufficient_user_authentication", max_age=0',
    '/bff/login?max_age=0',
  ],
  [
    'Okta',
    401,
    'Bearer realm="IdpMyAccountAPI", error="insufficient_authentication_context", max_age=900, acr_values="urn:okta:loa:2fa:any:ifpossible"',
    '/bff/login?acr_values=urn%3Aokta%3Aloa%3A2fa%3Aany%3Aifpossible&max_age=900',
  ],
  [
    'Okta as 403',
    403,
    'Bearer error=insufficient_authentication_context,acr_values=urn:okta:loa:2fa:any',
    '/bff/login?acr_values=urn%3Aokta%3Aloa%3A2fa%3Aany',
  ],
  [
    'without parameters',
    401,
    'DPoP error="insufficient_user_authentication"',
    '/bff/login?max_age=0',
  ],
  [
    'with parameters that /bff/login would not take',
    401,
    'DPoP error="insufficient_user_authentication", max_age="-1", acr_values="\u00e9 &return_to=https://evil.example"',
    '/bff/login?max_age=0',
  ],
])('a step-up challenge says where to sign in: %s', async (_what, status, value, url) => {
  const world = await proxyWorld({ upstream: stepUp(value, status), token: renewed });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/transfers', { method: 'POST' });
  expect([answer.status, answer.code]).toEqual([401, 'step_up_required']);
  expect(JSON.parse(answer.text).login_url).toBe(url);
  expect([world.arrived.length, world.counted.tokenCalls]).toEqual([1, 0]);
});

test('after two step-up sign-ins that changed nothing there is no third', async () => {
  const world = await proxyWorld({
    upstream: stepUp('DPoP error="insufficient_user_authentication", max_age=0'),
  });
  const urlAfter = async (stepUps: number, seconds = 0) => {
    const ada = await world.signIn({}, stepUps);
    world.later(seconds);
    const answer = await world.call(ada, '/bff/api/v1/users');
    expect([answer.status, answer.code]).toEqual([401, 'step_up_required']);
    return [
      JSON.parse(answer.text).login_url,
      (await world.sessions.read(ada.id))?.session.stepUps,
    ];
  };
  expect(await urlAfter(0)).toEqual(['/bff/login?max_age=0', 0]);
  expect(await urlAfter(1)).toEqual(['/bff/login?max_age=0', 1]);
  expect(await urlAfter(2)).toEqual([undefined, 2]);
  expect(await urlAfter(2, 120), 'it did help for a while').toEqual(['/bff/login?max_age=0', 0]);
});

test.each(['GET', 'HEAD', 'PUT', 'DELETE'])(
  'a %s whose connection died before any answer is sent once more, with a new proof',
  async (method) => {
    const world = await proxyWorld({
      upstream: (arrived, response, nth) =>
        nth === 1 ? response.destroy() : json(response, { method: arrived.method }),
    });
    const ada = await world.signIn();
    expect((await world.call(ada, '/bff/api/v1/users/1', { method })).status).toBe(200);
    await fresh(world);
    expect(world.arrived).toHaveLength(2);
  },
);

test.each([
  ['POST', 1],
  ['PATCH', 1],
  ['GET', 2],
])('a %s whose connections die is 502 after %i attempts', async (method, attempts) => {
  const world = await proxyWorld({ upstream: (_arrived, response) => void response.destroy() });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users/1', { method });
  expect([answer.status, answer.code]).toEqual([502, 'upstream_unreachable']);
  expect(world.arrived).toHaveLength(attempts);
});

test('an answer that breaks off is not asked for again', async () => {
  let connections = 0;
  const cut = await serveBytes((socket) => {
    connections += 1;
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'));
  });
  const world = await proxyWorld({ route: { upstream: `${cut.origin}/api/v1` } });
  const ada = await world.signIn();
  expect((await world.call(ada, '/bff/api/v1/users')).code).toBe('upstream_unreachable');
  expect(connections).toBe(1);
});

test.each([429, 500, 502, 503, 504])('a %i is passed on and never retried', async (status) => {
  const limits = {
    'x-rate-limit-limit': '600',
    'x-rate-limit-remaining': '0',
    'x-rate-limit-reset': '1800000030',
  };
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, { errorCode: 'E0000047' }, status, limits),
  });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect([answer.status, answer.text]).toEqual([status, '{"errorCode":"E0000047"}']);
  expect(answer.headers).toEqual({
    'content-type': 'application/json',
    ...limits,
    ...(status === 429 && { 'retry-after': '30' }),
  });
  expect(world.arrived).toHaveLength(1);
});

test('a redirect is an answer, and its target sees nothing', async () => {
  const evil = await proxyWorld();
  const targets = [`${evil.upstream}/steal`, '/api/v1/users/2?x=1', 'https://elsewhere.example/'];
  const world = await proxyWorld({
    upstream: (_arrived, response, nth) => {
      response.writeHead(302, { location: targets[nth - 1] }).end();
    },
  });
  const ada = await world.signIn();
  const locations: unknown[] = [];
  for (const _one of targets) {
    const answer = await world.call(ada, '/bff/api/v1/users');
    expect(answer.status).toBe(302);
    locations.push(answer.headers.location);
  }
  expect(locations).toEqual([undefined, '/bff/api/v1/users/2?x=1', undefined]);
  expect(evil.arrived).toEqual([]);
});

test.each([
  ['wants a proof, under Bearer', challenge(400, 'Bearer error="invalid_request"', 'n1')],
  ['names Bearer alone', challenge(401, 'Bearer realm="x"', 'n1')],
  ['refuses the token, under Bearer', challenge(401, 'Bearer error="invalid_token"', 'n1')],
  ['offers both schemes', challenge(401, 'Bearer error="invalid_token", DPoP algs="ES256"', 'n1')],
  ['says that the token is not bound', challenge(401, 'DPoP error="invalid_token"', 'n1')],
])('when an API %s, no token goes there as Bearer', async (_what, asked) => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, asked.status, asked.headers),
    token: (_form, nth) =>
      Response.json({ access_token: `t${nth}`, token_type: 'DPoP', expires_in: 300 }),
  });
  const ada = await world.signIn();
  for (let i = 0; i < 3; i += 1) await world.call(ada, '/bff/api/v1/users');
  expect(world.arrived.length).toBeGreaterThanOrEqual(3);
  for (const { headers } of world.arrived) {
    expect([headers.authorization, headers.dpop]).toEqual([
      expect.stringMatching(/^DPoP \S+$/),
      expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    ]);
  }
});

test.each([
  ['with nonces, for as long as expires_in says', { expires_in: 300 }, { 'dpop-nonce': 'n1' }],
  ['without nonces, for as long as expires_in says', { expires_in: 300 }, {}],
  ['without either, for five minutes', {}, {}],
])('a token is used %s, and renewed before it ends', async (_what, life, headers) => {
  const world = await proxyWorld({
    upstream: (_arrived, response) => json(response, {}, 200, headers),
    token: (_form, nth) => Response.json({ access_token: `t${nth}`, token_type: 'DPoP', ...life }),
  });
  const now = world.clock.now() / 1000;
  const over = { token: 't0', expiresAt: now, renewAt: now };
  const ada = await world.signIn({ access: { '': over } });
  const used = async (seconds: number) => {
    world.later(seconds);
    await world.call(ada, '/bff/api/v1/users');
    return world.arrived.at(-1)?.headers.authorization;
  };
  expect([await used(0), world.counted.tokenCalls]).toEqual(['DPoP t1', 1]);
  expect([await used(269), world.counted.tokenCalls]).toEqual(['DPoP t1', 1]);
  expect([await used(2), world.counted.tokenCalls]).toEqual(['DPoP t2', 2]);
});
