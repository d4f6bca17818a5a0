import { expect, test } from 'vitest';
import { memoryKey } from '../support/keys.ts';
import { proofIn } from '../support/proofs.ts';
import { json, proxyWorld } from '../support/proxying.ts';

test('a call carries the DPoP token and one fresh proof for the URL on the wire', async () => {
  const world = await proxyWorld({ upstream: (_arrived, response) => json(response, [1, 2]) });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users/a b?q=1&q=2');
  expect([answer.status, answer.text]).toEqual([200, '[1,2]']);
  const [arrived] = world.arrived;
  if (!arrived) throw new Error('nothing arrived');
  expect(arrived.url).toBe('/api/v1/users/a%20b?q=1&q=2');
  expect(arrived.headers.authorization).toBe(`DPoP ${ada.token}`);
  await proofIn(arrived, world.upstream, world.clock.now());
});

test.each(['ES256', 'RS256'] as const)('a session pinned to a key of %s is served', async (alg) => {
  const world = await proxyWorld({ key: await memoryKey(alg) });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  await world.call(ada, '/bff/api/v1/users');
  for (const arrived of world.arrived) {
    await proofIn(arrived, world.upstream, world.clock.now());
  }
});

test('every call has a proof of its own: one read, one signature, no write when warm', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  const cold = { ...world.counted };
  expect(cold).toMatchObject({ reads: 1, signatures: 1, writes: 0 });
  for (let i = 0; i < 10; i += 1) await world.call(ada, `/bff/api/v1/users/${i}`);
  expect(world.counted).toMatchObject({ reads: 11, signatures: 11, writes: 0, tokenCalls: 0 });
  const ids = await Promise.all(
    world.arrived.map(async (one) => (await proofIn(one, world.upstream, world.clock.now())).jti),
  );
  expect(new Set(ids).size).toBe(11);
});

test('a warm environment asks for the signature before the table has answered', async () => {
  const order: string[] = [];
  const key = await memoryKey();
  const world = await proxyWorld({
    key: {
      ...key,
      sign: (data) => {
        order.push('sign');
        return key.sign(data);
      },
    },
    sessions: (store) => ({
      ...store,
      async read(id) {
        const stored = await store.read(id);
        // Whatever was begun has had its chance to ask.
        await new Promise((resolve) => setImmediate(resolve));
        order.push('read');
        return stored;
      },
    }),
  });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  expect(order).toEqual(['read', 'sign']);
  await world.call(ada, '/bff/api/v1/users');
  expect(order.slice(2)).toEqual(['sign', 'read']);
  const completed = world.events.filter(([name]) => name === 'proxy.completed');
  expect(completed.map(([, { speculationHit }]) => speculationHit)).toEqual([false, true]);
});

test('nothing is signed for a cookie that this environment has not seen valid', async () => {
  const world = await proxyWorld();
  for (const secret of ['A'.repeat(43), 'x', '', '../../etc']) {
    const answer = await world.call({ secret }, '/bff/api/v1/users');
    expect([answer.status, answer.code]).toEqual([401, 'session_expired']);
    expect(answer.cookies).toEqual([]);
  }
  expect(world.counted.signatures).toBe(0);
  expect(world.arrived).toEqual([]);
});

test('a session that ended elsewhere is seen at once, and its early proof goes nowhere', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  await world.sessions.end(ada.id);
  expect((await world.call(ada, '/bff/api/v1/users')).code).toBe('session_expired');
  expect(world.arrived).toHaveLength(1);
  const { signatures } = world.counted;
  expect((await world.call(ada, '/bff/api/v1/users')).code).toBe('session_expired');
  expect(world.counted.signatures).toBe(signatures);
});

test('a session that was renewed elsewhere is used as it is now: the early proof is thrown away', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  const now = world.clock.now() / 1000;
  await world.renewElsewhere(ada, {
    subject: 'ada',
    access: { '': { token: 'renewed', expiresAt: now + 3_600, renewAt: now + 3_500 } },
    claims: {},
  });
  await world.call(ada, '/bff/api/v1/users');
  const last = world.arrived[1];
  if (!last) throw new Error('nothing arrived');
  expect(last.headers.authorization).toBe('DPoP renewed');
  await proofIn(last, world.upstream, world.clock.now());
  await world.call(ada, '/bff/api/v1/users');
  expect(world.counted.signatures).toBe(4);
});

test('without a session cookie it is 401 not_signed_in, and two are refused', async () => {
  const world = await proxyWorld();
  expect(await world.call({}, '/bff/api/v1/users')).toMatchObject({
    status: 401,
    code: 'not_signed_in',
  });
  const ada = await world.signIn();
  const twice = await world.call(ada, '/bff/api/v1/users', {
    cookies: [`__Host-Http-bff=${ada.secret}`, `__Host-Http-bff=${'B'.repeat(43)}`],
  });
  expect([twice.status, twice.code]).toEqual([400, 'bad_request']);
  expect([world.counted.reads, world.arrived.length]).toEqual([0, 0]);
});

test.each([
  ['no header', { 'x-bff-csrf': undefined }],
  ['another value', { 'x-bff-csrf': '0' }],
  ['the header twice', { 'x-bff-csrf': '1,1' }],
  ['a sibling subdomain', { 'sec-fetch-site': 'same-site' }],
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a typed address', { 'sec-fetch-site': 'none' }],
  ['another origin', { 'sec-fetch-site': undefined, origin: 'https://evil.example' }],
])('%s is 403 csrf for every method, and touches nothing', async (_what, headers) => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await world.call(ada, '/bff/api/v1/users', {
      method,
      headers: headers as Record<string, string>,
    });
    expect([answer.status, answer.code]).toEqual([403, 'csrf']);
  }
  expect(world.counted).toEqual({ reads: 0, signatures: 0, writes: 0, tokenCalls: 0 });
  expect(world.arrived).toEqual([]);
});

test.each([
  ['bad_path', 400, '/bff/api/v1/../oauth2/v1/token', {}],
  ['bad_path', 400, '/bff/api/v1/%2e%2e/x', {}],
  ['bad_path', 400, '/bff/api/v1//evil.example', {}],
  ['no_route', 404, '/bff/api/v2/users', {}],
  ['method_not_allowed', 405, '/bff/api/v1/users', { method: 'TRACE' }],
  ['method_not_allowed', 405, '/bff/api/v1/users', { method: 'OPTIONS' }],
  ['bad_request', 400, '/bff/api/v1/users', { body: Buffer.from('x') }],
  ['body_too_large', 413, '/bff/api/v1/users', { method: 'POST', body: Buffer.alloc(4_400_001) }],
  ['bad_request', 400, '/bff/api/v1/users', { headers: { accept: 'a\r\nb' } }],
])('%s (%i) is said before anything is signed or sent: %s', async (code, status, path, more) => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  expect(await world.call(ada, path, more)).toMatchObject({ status, code });
  expect([world.counted.signatures, world.arrived.length]).toEqual([0, 0]);
});

test.each([
  ['as a browser asks for it', 403, 'csrf', { 'x-bff-csrf': undefined, upgrade: 'websocket' }],
  ['with our header', 400, 'bad_request', { upgrade: 'WebSocket', connection: 'Upgrade' }],
  ['behind a gateway that hides it', 400, 'bad_request', { 'sec-websocket-key': 'x' }],
])('a WebSocket %s is %i %s, and touches nothing', async (_how, status, code, headers) => {
  const world = await proxyWorld({ route: { navigable: true } });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users', {
    headers: { 'sec-fetch-dest': 'websocket', ...headers } as Record<string, string>,
  });
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(world.counted).toEqual({ reads: 0, signatures: 0, writes: 0, tokenCalls: 0 });
  expect(world.arrived).toEqual([]);
});

test('an offer to switch to another protocol is ignored, and stays with this hop', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  const headers = { upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'x' };
  expect((await world.call(ada, '/bff/api/v1/users', { headers })).status).toBe(200);
  expect(world.arrived[0]?.headers).not.toHaveProperty('upgrade');
  expect(world.arrived[0]?.headers).not.toHaveProperty('http2-settings');
});

test('the upstream sees no cookie and no browser header, and the browser no upstream secret', async () => {
  const world = await proxyWorld({
    upstream: (_arrived, response) =>
      json(response, {}, 200, {
        'set-cookie': ['sid=1', '__Host-Http-bff=stolen; Path=/; Secure'],
        'dpop-nonce': 'a-nonce',
        'www-authenticate': 'DPoP',
        'access-control-allow-origin': '*',
        etag: '"1"',
      }),
  });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/users', {
    headers: {
      cookie: 'x',
      referer: 'https://app.example/',
      'x-forwarded-for': '1.2.3.4',
      dpop: 'x',
      'proxy-authorization': 'Basic x',
    },
  });
  expect(Object.keys(world.arrived[0]?.headers ?? {}).sort()).toEqual([
    'accept-encoding',
    'authorization',
    'connection',
    'dpop',
    'host',
    'traceparent',
  ]);
  expect(answer.headers).toEqual({ 'content-type': 'application/json', etag: '"1"' });
  expect(answer.cookies).toEqual([]);
});

test('two users, in turn and at once on one environment, never see anything of each other', async () => {
  const world = await proxyWorld({
    upstream: (arrived, response) =>
      json(response, { token: arrived.headers.authorization, body: arrived.body.toString() }),
  });
  const users = await Promise.all([world.signIn(), world.signIn(), world.signIn()]);
  const ask = async (i: number) => {
    const user = users[i % users.length];
    if (!user) throw new Error('no user');
    const body = Buffer.from(`from ${i}`);
    const answer = await world.call(user, `/bff/api/v1/users/${i}`, { method: 'POST', body });
    expect(JSON.parse(answer.text)).toEqual({ token: `DPoP ${user.token}`, body: `from ${i}` });
  };
  for (let i = 0; i < 6; i += 1) await ask(i);
  await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i)));
  for (const arrived of world.arrived) {
    await proofIn(arrived, world.upstream, world.clock.now());
  }
});

test('the API learns the browser of the user, and no address that a header merely claims', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  const browser = {
    'user-agent': 'Mozilla/5.0 (of the user)',
    'accept-language': 'cs, en;q=0.8',
    'x-okta-user-agent-extended': 'an-app/1.0',
  };
  await world.call(ada, '/bff/api/v1/users', {
    headers: {
      ...browser,
      'x-forwarded-for': '6.6.6.6, 203.0.113.7',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
    },
  });
  const { headers } = world.arrived[0] ?? {};
  expect(headers).toMatchObject(browser);
  expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|203\.0/);
});

test('a route without a token gets none, but needs a session all the same', async () => {
  const world = await proxyWorld({ route: { token: 'none' } });
  const ada = await world.signIn();
  for (let i = 0; i < 2; i += 1) await world.call(ada, '/bff/api/v1/weather');
  expect(world.arrived.map(({ headers }) => [headers.authorization, headers.dpop])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
  expect(world.counted.signatures).toBe(0);
  expect((await world.call({}, '/bff/api/v1/weather')).code).toBe('not_signed_in');
});

test('several upstreams: each has its own origin in htu and in Host', async () => {
  const other = await proxyWorld();
  const world = await proxyWorld({
    routes: () => [{ path: '/bff/api/shop/*', upstream: other.upstream, wholeHost: true }],
  });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/shop/basket');
  const [arrived] = other.arrived;
  if (!arrived) throw new Error('nothing arrived');
  expect(arrived.headers.host).toBe(new URL(other.upstream).host);
  await proofIn(arrived, other.upstream, world.clock.now());
});

test('using a session slides its idle time, at most every tenth of it', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  world.later(179);
  await world.call(ada, '/bff/api/v1/users');
  expect(world.counted.writes).toBe(0);
  world.later(1);
  await world.call(ada, '/bff/api/v1/users');
  await world.call(ada, '/bff/api/v1/users');
  expect(world.counted.writes).toBe(1);
  expect((await world.sessions.read(ada.id))?.session.lastSeenAt).toBe(world.clock.now() / 1000);
});

test('one event per call says where the time went, without paths or people', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users/ada@example.com?q=secret', { method: 'DELETE' });
  await world.call({ secret: 'C'.repeat(43) }, '/bff/api/v1/users/ada@example.com');
  expect(world.events).toEqual([
    [
      'proxy.completed',
      {
        route: '/bff/api/v1/*',
        method: 'DELETE',
        status: 200,
        totalMs: 0,
        storeMs: 0,
        signerMs: 0,
        tokenMs: 0,
        upstreamMs: 0,
        retries: 0,
        nonceHit: true,
        speculationHit: false,
        trace: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ],
    // It never left, so it met no nonce either.
    ['proxy.completed', expect.objectContaining({ method: 'GET', status: 401, nonceHit: false })],
  ]);
});

test('the caller’s trace goes on; without one a trace begins', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await world.call(ada, '/bff/api/v1/users', { headers: { traceparent } });
  await world.call(ada, '/bff/api/v1/users', { headers: { traceparent: 'nonsense' } });
  const [given, begun] = world.arrived.map(({ headers }) => headers.traceparent);
  expect(given).toBe(traceparent);
  expect(begun).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(world.events.map(([, { trace }]) => trace)).toEqual([
    '0af7651916cd43dd8448eb211c80319c',
    String(begun).split('-')[1],
  ]);
});

const navigation = {
  'x-bff-csrf': undefined,
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
} as unknown as Record<string, string>;

test('a navigable route lets a link of our own page download, and never shows a page', async () => {
  const disposition = [
    'inline; filename="a.html"',
    undefined,
    'attachment; filename=x',
    'inline',
    'inline, attachment',
    'filename="a b.html"',
    '"inline"; filename=x',
    '; filename=x',
  ];
  const world = await proxyWorld({
    route: { navigable: true },
    upstream: (_arrived, response, nth) => {
      const value = disposition[nth - 1];
      response.writeHead(200, {
        'content-type': 'text/html',
        ...(value && { 'content-disposition': value }),
      });
      response.end('<script>alert(1)</script>');
    },
  });
  const ada = await world.signIn();
  const seen: (string | undefined)[] = [];
  for (const _one of disposition) {
    const answer = await world.call(ada, '/bff/api/v1/report', { headers: navigation });
    expect(answer.status).toBe(200);
    seen.push(answer.headers['content-disposition']);
  }
  expect(seen).toEqual([
    'attachment; filename="a.html"',
    'attachment',
    'attachment; filename=x',
    'attachment',
    'attachment',
    'attachment',
    'attachment',
    'attachment; filename=x',
  ]);
});

test.each([
  ['another route', { navigable: false }, 'GET', {}],
  ['another method', { navigable: true }, 'POST', {}],
  ['another site', { navigable: true }, 'GET', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling', { navigable: true }, 'GET', { 'sec-fetch-site': 'same-site' }],
  ['a typed address', { navigable: true }, 'GET', { 'sec-fetch-site': 'none' }],
  ['a browser that does not say', { navigable: true }, 'GET', { 'sec-fetch-site': undefined }],
  ['a script', { navigable: true }, 'GET', { 'sec-fetch-dest': 'script' }],
  ['a service worker', { navigable: true }, 'GET', { 'sec-fetch-dest': 'serviceworker' }],
  ['a frame', { navigable: true }, 'GET', { 'sec-fetch-dest': 'iframe' }],
])('a download without the header is refused: %s', async (_what, route, method, headers) => {
  const world = await proxyWorld({ route });
  const ada = await world.signIn();
  const answer = await world.call(ada, '/bff/api/v1/report', {
    method,
    headers: { ...navigation, ...(headers as Record<string, string>) },
  });
  expect(answer.code).toBe('csrf');
  expect(world.arrived).toEqual([]);
});
