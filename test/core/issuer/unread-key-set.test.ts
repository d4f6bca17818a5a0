// An authorization server that cannot read our key set (/bff/jwks) at that moment: it refuses the client, and knows it a
// moment later. Our keys are on a server of the test's own, behind which nothing waits for a cold start.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { beginSignIn } from '#core/sign-in/begin.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import { expired, type Ground, reopened, signedIn, startGround } from '#test/support/ground.ts';
import { serve } from '#test/support/loopback.ts';
import { codeOf, tokensOn } from '#test/support/renewals.ts';

let ground: Ground;
/** What the next readings of our keys bring; without one they are answered. */
let readings: ('refused' | 'slow')[] = [];
let read = 0;

beforeAll(async () => {
  // The server reads our keys for each request.
  ground = await startGround({ keySetSeconds: 0 });
  const client = ground.okta.clients.get('bff');
  if (!client) throw new Error('no client');
  const { jwks, ...others } = client;
  const { origin } = await serve(async (_request, response) => {
    read += 1;
    const reading = readings.shift();
    if (reading === 'slow') await new Promise((resolve) => setTimeout(resolve, 3_000));
    response.writeHead(reading === 'refused' ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(jwks));
  }, afterAll);
  ground.okta.clients.set('bff', { ...others, jwksUri: `${origin}/jwks` });
});
afterAll(() => ground?.close());
beforeEach(() => {
  readings = [];
  read = 0;
  ground.okta.events.clear();
});
afterEach(() => {
  ground.logged.length = 0;
});

const access = tokensOn(() => ground);
const repeated = () => ground.logged.filter(({ name }) => name === 'issuer.client_unknown').length;
/** What the server said to those who authenticate, nonce challenges left out. */
const answers = () =>
  ground.okta.events
    .list()
    .filter(({ kind, challenged }) => (kind === 'par' || kind === 'token') && !challenged)
    .map(({ kind, status, error }) => [kind, status, ...(status < 400 ? [] : [error])]);

test('the stand-in refuses the client as Okta does: 401 invalid_client', async () => {
  readings = ['refused', 'refused'];
  await signIn(ground.environment()).catch(() => {});
  expect(answers()).toEqual([
    ['par', 401, 'invalid_client'],
    ['par', 401, 'invalid_client'],
  ]);
});

test('a pushed request that meets it is repeated once, with another assertion', async () => {
  const broker = ground.environment();
  readings = ['refused'];
  await signIn(broker);
  expect(answers()).toEqual([
    ['par', 401, 'invalid_client'],
    ['par', 200],
  ]);
  expect(repeated()).toBe(1);
});

test('a code that meets it is redeemed a moment later: it was not used up', async () => {
  const broker = ground.environment();
  const begun = await signIn(broker);
  ground.okta.events.clear();
  readings = ['refused'];
  const session = await signedIn(ground, broker, { begun });
  expect(session.content.refreshToken).toBeDefined();
  expect(answers().map(([kind, status]) => [kind, status])).toEqual([
    ['token', 401],
    ['token', 200],
  ]);
});

test('a renewal that meets it is repeated once, too', async () => {
  const broker = ground.environment();
  const session = await expired(broker, await signedIn(ground, broker));
  ground.okta.events.clear();
  readings = ['refused'];
  expect((await access(broker, session)).kind).toBe('ok');
  expect(answers().map(([, status]) => status)).toEqual([401, 200]);
});

describe('a client that is refused again', () => {
  test('is not known: for a minute, this environment repeats nothing', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    readings = Array(9).fill('refused');
    ground.okta.events.clear();
    for (const _ of [1, 2, 3]) {
      const current = await reopened(broker, session.secret);
      expect(await codeOf(access(broker, current))).toBe('refresh_unavailable');
    }
    expect(answers().map(([, status]) => status)).toEqual([401, 401, 401, 401]);
    expect(repeated()).toBe(1);
  });

  test('is repeated for again after that minute', async () => {
    let ahead = 0;
    const broker = ground.environment({ clock: { now: () => Date.now() + ahead } });
    readings = ['refused', 'refused'];
    await signIn(broker).catch(() => {});
    ahead = 61_000;
    readings = ['refused', 'refused'];
    await signIn(broker).catch(() => {});
    expect(repeated()).toBe(2);
  });
});

test('a refusal that is not about the client is not repeated', async () => {
  const broker = ground.environment();
  const session = await expired(broker, await signedIn(ground, broker));
  ground.okta.events.clear();
  ground.okta.faults.set('token', { value: 'refused_page', times: 1 });
  expect(await codeOf(access(broker, session))).toBe('refresh_unavailable');
  expect(answers()).toHaveLength(1);
});

test('a client with a secret is not repeated for: nobody has to read its keys', async () => {
  const own = { clientAuth: 'client_secret_basic', clientSecretArn: 'arn' } as const;
  const broker = ground.environment({ clientSecret: async () => 'wrong' }, own);
  await signIn(broker).catch(() => {});
  expect(repeated()).toBe(0);
});

test('a key set that takes three seconds, as after a cold start on a busy machine, is waited for', async () => {
  readings = ['slow'];
  await signIn(ground.environment());
  expect([read, repeated()]).toEqual([1, 0]);
});

const signIn = (broker: Broker) =>
  beginSignIn(ground.request(broker), parseLogin(new URLSearchParams(), broker.config), undefined);
