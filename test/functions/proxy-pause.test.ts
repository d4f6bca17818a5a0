// The proxy while the token endpoint has asked for a pause, and what does not count as one.
import { describe, expect, test } from 'vitest';
import { json, type ProxyWorld, proxyWorld } from '../support/proxying.ts';

const busy = () => new Response('', { status: 429, headers: { 'retry-after': '8' } });
const life = 600;
const path = '/bff/api/v1/users';

/** Somebody whose token ends before the session does. */
const signIn = ({ signIn, clock }: ProxyWorld, subject: string) => {
  const now = clock.now() / 1000;
  const token = { token: `of-${subject}`, expiresAt: now + life, renewAt: now + life - 60 };
  return signIn({ subject, access: { '': token } });
};
const renewed = () => Response.json({ access_token: 'new', token_type: 'DPoP', expires_in: life });
const problem = { status: 503, code: 'refresh_unavailable' };

test('a session whose token has expired costs one read and no signature, and is told when to come back', async () => {
  const world = await proxyWorld({ token: busy });
  const users = await Promise.all(
    ['ada', 'grace', 'mary'].map((subject) => signIn(world, subject)),
  );
  const all = async () => {
    const answers = [];
    for (const user of users) answers.push(await world.call(user, path));
    return answers;
  };
  expect((await all()).map(({ status }) => status)).toEqual([200, 200, 200]);
  world.later(life);
  expect(await all()).toMatchObject([problem, problem, problem]);
  expect(world.counted.tokenCalls).toBe(2);
  const before = { ...world.counted };
  const again = await all();
  expect(again).toMatchObject([problem, problem, problem]);
  expect(world.counted).toEqual({ ...before, reads: before.reads + 3 });
  for (const { headers } of again) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(8);
});

test('a token that still works is used, and signed for ahead, until it ends', async () => {
  const world = await proxyWorld({ token: busy });
  const ada = await signIn(world, 'ada');
  await world.call(ada, path);
  world.later(life - 30);
  for (const _ of [1, 2, 3]) expect((await world.call(ada, path)).status).toBe(200);
  expect(world.counted.tokenCalls).toBe(1);
  const hits = world.events.filter(([name]) => name === 'proxy.completed');
  expect(hits.map(([, { speculationHit }]) => speculationHit)).toEqual([false, true, true, true]);
});

test('no proof is signed ahead for a token that is over', async () => {
  const world = await proxyWorld({
    token: renewed,
  });
  const ada = await signIn(world, 'ada');
  await world.call(ada, path);
  world.later(life);
  const { signatures } = world.counted;
  expect((await world.call(ada, path)).status).toBe(200);
  // The proof of the renewal, and that of the call.
  expect(world.counted.signatures - signatures).toBe(2);
});

describe('an API that answers 429', () => {
  test('is passed on with its headers, and holds back no renewal', async () => {
    const world = await proxyWorld({
      upstream: (_arrived, response) => json(response, {}, 429, { 'retry-after': '30' }),
      token: renewed,
    });
    const users = await Promise.all(
      ['ada', 'grace', 'mary'].map((subject) => signIn(world, subject)),
    );
    for (const user of users) {
      const { status, headers } = await world.call(user, path);
      expect([status, headers['retry-after']]).toEqual([429, '30']);
    }
    world.later(life);
    for (const user of users) expect((await world.call(user, path)).status).toBe(429);
    expect(world.counted.tokenCalls).toBe(3);
  });
});
