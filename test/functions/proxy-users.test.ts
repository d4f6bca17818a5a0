// Many users at once on one environment, while tokens end, nonces change and proofs are made ahead. On
// Lambda an environment has one event at a time; what holds here holds there.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { memoryKey } from '../support/keys.ts';
import { proofIn } from '../support/proofs.ts';
import { json, type ProxyWorld, proxyWorld, type Upstream } from '../support/proxying.ts';

type User = Awaited<ReturnType<ProxyWorld['signIn']>> & { name: string };

/** Whoever waits here is overtaken by others. */
const anyone = () => sleep(randomInt(4));

/** Whose a token is, by its name: `at.ada.3`. */
const ownerOf = (token: unknown) => String(token).split('.')[1];

/** An API with a new nonce in every fourth answer, that now and then wants it at once or has had enough of a token. */
function moodyApi(): Upstream {
  const moods = new Map<unknown, string[]>();
  let nonce = 0;
  return async ({ headers, body, url }, response) => {
    await anyone();
    if (!randomInt(4)) nonce += 1;
    const next = { 'dpop-nonce': `n${nonce}` };
    const { prefer: call, authorization } = headers;
    const left = moods.get(call) ?? ['use_dpop_nonce', 'invalid_token'].filter(() => !randomInt(3));
    const error = left.pop();
    moods.set(call, left);
    if (error) {
      json(response, {}, 401, { ...next, 'www-authenticate': `DPoP error="${error}"` });
      return;
    }
    const owner = ownerOf(authorization);
    response.writeHead(200, {
      ...next,
      'content-type': 'application/json',
      etag: `"${owner}"`,
      link: `</api/v1/of/${owner}>; rel="next"`,
    });
    const said = JSON.stringify({ owner, call, url, body: body.toString() });
    for (const part of [said.slice(0, 20), said.slice(20)]) {
      response.write(part);
      await anyone();
    }
    response.end();
  };
}

/** Refresh tokens are used once: the second time the family would be revoked. */
function tokensOf() {
  const newest = new Map<string, string>();
  return async (form: URLSearchParams, nth: number) => {
    const used = String(form.get('refresh_token'));
    const owner = ownerOf(used) as string;
    if (used !== (newest.get(owner) ?? `rt.${owner}.0`)) {
      return Response.json({ error: 'invalid_grant' }, { status: 400 });
    }
    newest.set(owner, `rt.${owner}.${nth}`);
    await anyone();
    return Response.json({
      access_token: `at.${owner}.${nth}`,
      token_type: 'DPoP',
      expires_in: 3_600,
      refresh_token: newest.get(owner),
    });
  };
}

async function crowd(streamed: boolean) {
  const key = await memoryKey();
  const world = await proxyWorld({
    streamed,
    upstream: moodyApi(),
    token: tokensOf(),
    key: { ...key, sign: (data) => anyone().then(() => key.sign(data)) },
    sessions: (store) => ({ ...store, read: (id) => anyone().then(() => store.read(id)) }),
  });
  const now = world.clock.now() / 1000;
  const users = await Promise.all(
    ['ada', 'grace', 'mary', 'joan', 'edith'].map(async (name, i): Promise<User> => {
      const life = i % 2 ? 3_600 : -1;
      const access = { token: `at.${name}.0`, expiresAt: now + life, renewAt: now + life };
      const content = { subject: name, refreshToken: `rt.${name}.0`, access: { '': access } };
      return { name, ...(await world.signIn(content)) };
    }),
  );
  let calls = 0;
  const ask = async (user: User) => {
    calls += 1;
    const call = `${user.name}.${calls}`;
    const answer = await world.call(user, `/bff/api/v1/of/${user.name}?call=${call}`, {
      method: 'POST',
      body: Buffer.from(`body of ${call}`),
      headers: { prefer: call },
    });
    return { call, answer };
  };
  return { world, users, ask };
}

test.each([
  ['whole', false],
  ['as streams', true],
])(
  'when answers come %s, nobody gets anything that belongs to somebody else',
  async (_how, streamed) => {
    const { world, users, ask } = await crowd(streamed);
    const rounds = Array.from({ length: 6 }, () => users).flat();
    const one = async (user: User) => {
      // Some begin while others are being renewed.
      await sleep(randomInt(60));
      const { call, answer } = await ask(user);
      expect(answer.status, answer.text).toBe(200);
      expect(JSON.parse(answer.text)).toEqual({
        owner: user.name,
        call,
        url: `/api/v1/of/${user.name}?call=${call}`,
        body: `body of ${call}`,
      });
      expect(answer.headers).toMatchObject({
        etag: `"${user.name}"`,
        link: `</bff/api/v1/of/${user.name}>; rel="next"`,
      });
    };
    await Promise.all(rounds.map(one));
    // Warm now: proofs are made ahead of the table's answer.
    for (let again = 0; again < 2; again += 1) await Promise.all(rounds.map(one));

    const jtis = await Promise.all(
      world.arrived.map(async (arrived) => {
        expect(ownerOf(arrived.headers.authorization)).toBe(
          String(arrived.headers.prefer).split('.')[0],
        );
        return (await proofIn(arrived, world.upstream, world.clock.now())).jti;
      }),
    );
    expect(new Set(jtis).size).toBe(jtis.length);
    const completed = world.events
      .filter(([name]) => name === 'proxy.completed')
      .map(([, of]) => of);
    expect(completed).toHaveLength(3 * rounds.length);
    // All of it did happen.
    expect(completed.some(({ speculationHit }) => speculationHit)).toBe(true);
    expect(completed.some(({ nonceHit }) => !nonceHit)).toBe(true);
    expect(completed.some(({ retries }) => retries === 2)).toBe(true);
    expect(world.counted.tokenCalls).toBeGreaterThan(users.length);
    expect(world.events.filter(([name]) => name === 'session.ended')).toEqual([]);
  },
);

test.each([
  ['whole', false],
  ['as streams', true],
])(
  'a user who is signed out among others gets nothing more, and the others go on (%s)',
  async (_how, streamed) => {
    const { world, users, ask } = await crowd(streamed);
    const [leaving, ...others] = users as [User, ...User[]];
    await Promise.all(users.map(ask));
    const before = others.flatMap((user) => [ask(user), ask(user)]);
    await world.sessions.end(leaving.id);
    const arrivedBefore = world.arrived.filter(
      ({ headers }) => ownerOf(headers.authorization) === leaving.name,
    ).length;
    const after = await Promise.all([ask(leaving), ...others.map(ask), ask(leaving)]);
    expect(after.map(({ answer }) => answer.status)).toEqual([401, ...others.map(() => 200), 401]);
    expect((await Promise.all(before)).map(({ answer }) => answer.status)).toEqual(
      before.map(() => 200),
    );
    const arrived = world.arrived.filter(
      ({ headers }) => ownerOf(headers.authorization) === leaving.name,
    );
    expect(arrived).toHaveLength(arrivedBefore);
  },
);
