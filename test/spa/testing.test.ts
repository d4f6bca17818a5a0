import { describe, expect, onTestFinished, test } from 'vitest';
import { BffError, createBff, type ErrorCode } from '#spa/client/index.ts';
import { fakeBroker, problem } from '#spa/client/testing/index.ts';
import { statusOf, titleOf } from '../../shared/core/errors.ts';
import { running } from '../support/running.ts';
import { until } from './tab.ts';

const run = running();

const open = (path = '/') => {
  const broker = fakeBroker({ url: `http://localhost:3000${path}` });
  return { broker, bff: createBff({ window: broker.window }) };
};

describe('beside the real broker', () => {
  interface Question {
    path: string;
    method?: string;
    headers?: Record<string, string>;
  }
  const own = { 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' };
  const questions: Question[] = [
    { path: '/bff/session', headers: own },
    { path: '/bff/session' },
    { path: '/bff/session', method: 'POST', headers: own },
    { path: '/bff/logout', method: 'POST', headers: own },
    { path: '/bff/api/v1/users/me', headers: own },
    { path: '/bff/api/v1/users/me' },
    { path: '/bff/api/v1/users/me', method: 'DELETE', headers: own },
    { path: '/bff/api/elsewhere', headers: own },
    { path: '/bff/api/elsewhere' },
    { path: '/bff/nothing', headers: own },
    { path: '/bff/login', headers: { ...own, 'sec-fetch-mode': 'cors' } },
  ];

  test.each(
    questions.flatMap((question) => [
      { ...question, who: 'nobody' },
      { ...question, who: 'ada' },
    ]),
  )(
    '$who is answered alike at $method $path with $headers',
    async ({ who, path, method = 'GET', headers = {} }) => {
      const visit = who === 'ada' ? await run.signedIn() : run.someone();
      const { broker } = open();
      broker.on('GET /bff/api/v1/users/me', () => ({}));
      if (who === 'ada') broker.signIn();
      const real = await visit.send(path, { method, headers });
      const fake = await broker.handle(
        new Request(`http://localhost:3000${path}`, { method, headers }),
      );
      const [said, ours] = [real.text, await fake.text()].map((text) =>
        text ? JSON.parse(text) : undefined,
      );
      expect({
        status: fake.status,
        code: ours?.code,
        answer: fake.headers.get('x-bff-answer'),
      }).toEqual({
        status: real.status,
        code: said?.code,
        answer: real.headers['x-bff-answer'] ?? null,
      });
      expect(fake.headers.get('cache-control')).toBe(real.headers['cache-control']);
      if (path === '/bff/session')
        expect(Object.keys(ours).sort()).toEqual(Object.keys(said).sort());
    },
  );

  test('every refusal has the status and the title that the broker gives it', async () => {
    const codes: ErrorCode[] = [
      'no_route',
      'csrf',
      'upstream_timeout',
      'signer_unavailable',
      'internal',
    ];
    for (const code of codes) {
      const response = problem(code);
      expect([response.status, (await response.json()).title]).toEqual([
        statusOf(code),
        titleOf(code),
      ]);
    }
  });
});

test('a page signs in, calls, and is signed out', async () => {
  const { broker, bff } = open('/users?page=2');
  bff.login();
  expect(broker.went).toEqual(['http://localhost:3000/bff/login?return_to=%2Fusers%3Fpage%3D2']);
  broker.signIn({ user: { sub: '1', name: 'Grace' }, acr: 'urn:a' });
  expect(await bff.session()).toMatchObject({
    authenticated: true,
    user: { name: 'Grace' },
    acr: 'urn:a',
  });
  broker.on('POST /bff/api/v1/users', async (request) => ({ got: await request.json() }));
  expect(await bff.json('/bff/api/v1/users', { method: 'POST', body: '{"a":1}' })).toEqual({
    got: { a: 1 },
  });
  expect(broker.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    'GET /bff/session',
    'POST /bff/api/v1/users',
  ]);
  await bff.logout({ onlyHere: true });
  expect(await bff.session()).toEqual({ authenticated: false });
  await bff.logout();
  expect(broker.submitted).toEqual(['post /bff/logout']);
});

test('a sign-out that leaves the page ends the session, and the page learns of it', async () => {
  const { broker, bff } = open();
  broker.signIn();
  const states: string[] = [];
  const stop = bff.onChange(({ kind }) => states.push(kind));
  await bff.session();
  await bff.logout();
  expect(await bff.session()).toEqual({ authenticated: false });
  expect(bff.state).toEqual({ kind: 'signed_out', why: 'logout' });
  expect(states).toEqual(['signed_in', 'signed_out']);
  stop();
});

test('a session that ends sends the page to sign in', async () => {
  const { broker, bff } = open();
  broker.on('GET /bff/api/*', () => undefined);
  broker.signIn();
  expect(await bff.json('/bff/api/anything')).toBeUndefined();
  broker.endSession();
  await expect(bff.json('/bff/api/anything')).rejects.toMatchObject({ code: 'session_expired' });
  expect(broker.went).toHaveLength(1);
});

test('a session that has run out is over, and a call extends only the idle time', async () => {
  const { broker, bff } = open();
  const soon = Math.floor(Date.now() / 1000) + 60;
  broker.on('GET /bff/api/x', () => 1);
  broker.signIn({ expires_at: soon, idle_expires_at: soon - 30 });
  await bff.json('/bff/api/x');
  expect(await bff.session()).toMatchObject({ expires_at: soon, idle_expires_at: soon });
  broker.signIn({ idle_expires_at: soon - 3_600 });
  expect(await bff.session()).toEqual({ authenticated: false });
});

test('problems, step-ups, outages and a lost connection are a line each', async () => {
  const { broker, bff } = open('/pay');
  broker.signIn();
  await bff.session();
  broker.on('POST /bff/api/pay', () =>
    problem('step_up_required', { login_url: '/bff/login?max_age=300' }),
  );
  const pay = () => bff.json('/bff/api/pay', { method: 'POST' });
  await expect(pay()).rejects.toMatchObject({ code: 'step_up_required' });
  expect(broker.went[0]).toContain('max_age=300');
  broker.fail('signer_unavailable');
  await expect(pay()).rejects.toMatchObject({ code: 'signer_unavailable', retryAfter: 2 });
  broker.fail(undefined);
  broker.on('POST /bff/api/pay', () => Response.json({ errorCode: 'E1' }, { status: 400 }));
  await expect(pay()).rejects.toMatchObject({
    code: 'upstream',
    message: 'HTTP 400 (POST http://localhost:3000/bff/api/pay)',
  });
  broker.connect(false);
  await expect(pay()).rejects.toMatchObject({ code: 'offline' });
});

test('a slow answer meets the time limit, and a call can be given up', async () => {
  const { broker, bff } = open();
  broker.signIn();
  broker.on('GET /bff/api/slow', () => new Promise(() => {}));
  await expect(bff.fetch('/bff/api/slow', { timeoutMs: 10 })).rejects.toMatchObject({
    code: 'timeout',
  });
  const signal = AbortSignal.abort(new Error('left'));
  await expect(bff.fetch('/bff/api/slow', { signal })).rejects.toThrow('left');
});

test('hooks follow it: the first request fails, and is repeated', async () => {
  const { broker, bff } = open();
  broker.signIn();
  broker.fail('store_unavailable');
  const seen = until(bff, ({ error }) => error !== undefined);
  expect((await seen).error).toBeInstanceOf(BffError);
  broker.fail(undefined);
  const back = until(bff, ({ kind }) => kind === 'signed_in');
  broker.connect(false);
  broker.connect(true);
  await back;
});

test('nothing global changes until it is installed, and then only what is below the base', async () => {
  const before = globalThis.fetch;
  const { broker } = open();
  expect(globalThis.fetch).toBe(before);
  const undo = broker.install();
  onTestFinished(undo);
  const headers = { 'x-bff-csrf': '1' };
  expect(await (await fetch('http://localhost:3000/bff/session', { headers })).json()).toEqual({
    authenticated: false,
  });
  expect(await (await fetch('data:text/plain,elsewhere')).text()).toBe('elsewhere');
  undo();
  expect(globalThis.fetch).toBe(before);
});
