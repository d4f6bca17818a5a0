// When a part is away: a problem that says which, in time, and nothing sent without a proof.
import { expect, test, vi } from 'vitest';
import { notSigned, storeUnavailable } from '#adapters/aws/unavailable.ts';
import { statusOf } from '#core/errors.ts';
import { memoryKey } from '../support/keys.ts';
import { deadOrigin, serveBytes } from '../support/loopback.ts';
import { type ProxyWorld, proxyWorld } from '../support/proxying.ts';

const never = new Promise<never>(() => {});

const problem = (answer: { status: number; code: string | undefined; text: string }) => {
  expect(answer.status).toBe(statusOf(answer.code as never));
  expect(answer.text).not.toMatch(/arn:|127\.0\.0\.1|token-|at .*\.ts/);
  return answer.code;
};

test('without a signature nothing is sent, cold or warm, and calls recover by themselves', async () => {
  const key = await memoryKey();
  let works = true;
  const world = await proxyWorld({
    key: {
      ...key,
      sign: (data) =>
        works ? key.sign(data) : Promise.reject(notSigned('KMS Sign', new Error('arn:aws:kms'))),
    },
  });
  const ada = await world.signIn();
  works = false;
  const cold = await world.call(ada, '/bff/api/v1/users');
  expect(problem(cold)).toBe('signer_unavailable');
  expect(Number(cold.headers['retry-after'])).toBeGreaterThan(0);
  works = true;
  await world.call(ada, '/bff/api/v1/users');
  works = false;
  for (const method of ['GET', 'POST']) {
    expect(problem(await world.call(ada, '/bff/api/v1/users', { method }))).toBe(
      'signer_unavailable',
    );
  }
  expect(world.arrived).toHaveLength(1);
  expect(world.counted.signatures, 'one attempt each, no storm').toBe(4);
  works = true;
  expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
});

test('a session that has ended is reported even while the signer is unavailable', async () => {
  const key = await memoryKey();
  let works = true;
  const world = await proxyWorld({
    key: {
      ...key,
      sign: (data) => (works ? key.sign(data) : Promise.reject(new Error('away'))),
    },
  });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  works = false;
  await world.sessions.end(ada.id);
  expect(problem(await world.call(ada, '/bff/api/v1/users'))).toBe('session_expired');
});

test('a store that is unavailable is 503, even when the proof is ready', async () => {
  let works = true;
  const world = await proxyWorld({
    sessions: (store) => ({
      ...store,
      read: (id) =>
        works ? store.read(id) : Promise.reject(storeUnavailable('Query', new Error('throttled'))),
    }),
  });
  const ada = await world.signIn();
  await world.call(ada, '/bff/api/v1/users');
  works = false;
  const answer = await world.call(ada, '/bff/api/v1/users');
  expect(problem(answer)).toBe('store_unavailable');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(world.arrived).toHaveLength(1);
});

test('a key with another thumbprint than the session’s signs nothing', async () => {
  const world = await proxyWorld();
  const other = await proxyWorld({ key: await memoryKey('ES256', world.key.id) });
  const ada = await world.signIn();
  await other.sessions.create(ada.record);
  expect(problem(await other.call(ada, '/bff/api/v1/users'))).toBe('signer_unavailable');
  expect(other.counted.signatures).toBe(0);
});

test('an upstream that cannot be reached is 502, and a silent one is 504', async () => {
  const silent = await serveBytes((socket) => socket.resume());
  const nobody = await deadOrigin();
  const noise = await serveBytes((socket) => socket.on('data', () => socket.end('what?\r\n\r\n')));
  const world = await proxyWorld({
    routes: () => [
      { path: '/bff/api/nobody/*', upstream: `${nobody}/x` },
      { path: '/bff/api/silent/*', upstream: `${silent.origin}/x`, timeoutMs: 50 },
      { path: '/bff/api/noise/*', upstream: `${noise.origin}/x` },
    ],
  });
  const ada = await world.signIn();
  const seen: unknown[] = [];
  for (const name of ['nobody', 'silent', 'noise']) {
    const { status, code } = await world.call(ada, `/bff/api/${name}/x`);
    seen.push([status, code]);
  }
  expect(seen).toEqual([
    [502, 'upstream_unreachable'],
    [504, 'upstream_timeout'],
    [502, 'upstream_unreachable'],
  ]);
});

test('a refusal that breaks off is 502 on the front that streams, one that stalls is 504', async () => {
  for (const [ends, expected] of [
    [true, [502, 'upstream_unreachable']],
    [false, [504, 'upstream_timeout']],
  ] as const) {
    const world = await proxyWorld({
      streamed: true,
      route: { timeoutMs: ends ? 25_000 : 200 },
      upstream: (_one, response) => {
        response.writeHead(401, { 'content-length': '100' });
        response.write('half', () => ends && response.destroy());
      },
    });
    const { status, code } = await world.call(await world.signIn(), '/bff/api/v1/users');
    expect([status, code]).toEqual(expected);
  }
});

test('an upstream that gets no proof counts as one that challenged nobody', async () => {
  const world = await proxyWorld({ route: { token: 'none' } });
  await world.call(await world.signIn(), '/bff/api/v1/users');
  expect(world.events).toContainEqual([
    'proxy.completed',
    expect.objectContaining({ nonceHit: true, retries: 0 }),
  ]);
});

const expired = ({ clock }: ProxyWorld) => {
  const past = clock.now() / 1000 - 1;
  return { access: { '': { token: 'old', expiresAt: past, renewAt: past } } };
};

test('whatever a call waits for, it is answered before the gateway gives up', async () => {
  const silent = await serveBytes((socket) => socket.resume());
  const shortOfTime = { lambdaMs: 1_050 };
  const key = await memoryKey();
  const worlds = {
    store_unavailable: await proxyWorld({ sessions: (store) => ({ ...store, read: () => never }) }),
    signer_unavailable: await proxyWorld({ key: { ...key, sign: () => never } }),
    refresh_unavailable: await proxyWorld({ token: () => never }),
    upstream_timeout: await proxyWorld({ route: { upstream: `${silent.origin}/x` } }),
  };
  for (const [code, world] of Object.entries(worlds)) {
    const ada = await world.signIn(code === 'refresh_unavailable' ? expired(world) : {});
    const answer = await world.call(ada, '/bff/api/v1/users', shortOfTime);
    expect(problem(answer)).toBe(code);
    expect(world.events.at(-1)?.[1]).toMatchObject({ status: answer.status });
  }
});

test('a renewal that ends after its call is kept: the next call has its token', async () => {
  const go = Promise.withResolvers<void>();
  const world = await proxyWorld({
    token: async (form, nth) => {
      await go.promise;
      expect(form.get('refresh_token')).toBe('refresh-1');
      return Response.json({
        access_token: `renewed-${nth}`,
        token_type: 'DPoP',
        expires_in: 3_600,
        refresh_token: 'refresh-2',
      });
    },
  });
  const ada = await world.signIn(expired(world));
  const late = await world.call(ada, '/bff/api/v1/users', { lambdaMs: 1_050 });
  expect(problem(late)).toBe('refresh_unavailable');
  expect(world.arrived).toEqual([]);
  go.resolve();
  await vi.waitFor(async () => {
    expect((await world.sessions.read(ada.id))?.session.version).toBeGreaterThan(
      ada.record.version,
    );
  });
  expect((await world.call(ada, '/bff/api/v1/users')).status).toBe(200);
  expect(world.arrived.at(-1)?.headers.authorization).toBe('DPoP renewed-1');
  expect(world.counted.tokenCalls).toBe(1);
});

test('more signatures than one environment may ask for at once are 503 before KMS is asked', async () => {
  const key = await memoryKey();
  const go = Promise.withResolvers<void>();
  let under = 0;
  let most = 0;
  const world = await proxyWorld({
    key: {
      ...key,
      async sign(data) {
        under += 1;
        most = Math.max(most, under);
        await go.promise;
        under -= 1;
        return key.sign(data);
      },
    },
  });
  const ada = await world.signIn();
  const calls = Array.from({ length: 100 }, () => world.call(ada, '/bff/api/v1/users'));
  const refused = await Promise.race(calls);
  expect(problem(refused)).toBe('signer_unavailable');
  go.resolve();
  const answers = await Promise.all(calls);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(80);
  expect(answers.filter(({ status }) => status === 503)).toHaveLength(20);
  expect(most).toBe(16);
});
