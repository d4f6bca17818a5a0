// Keys change under people at work: several environments, hundreds of sessions, calls without a pause.

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitions } from '#adapters/table/schema.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';
import { disableByBreakingGlass } from '#test/support/break-glass.ts';
import { type Operating, operating } from '#test/support/operating.ts';
import { running } from '#test/support/running.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';

const run = running({
  containers: 4,
  variables: { BFF_KEY_RING_SECONDS: '0.01' },
  // All of them are one user.
  okta: { rateLimit: 1_000_000 },
});
let operator: Operating;
let kms: KMSClient;
beforeAll(() => {
  operator = operating(run.system);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  kms = new KMSClient({ region: 'us-east-1', credentials, endpoint: run.kms.url });
});
afterAll(() => {
  operator?.close();
  kms?.destroy();
});

const together = 8;
const callers = 4;

async function each<T>(all: readonly Visitor[], what: (one: Visitor) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < all.length; at += together) {
    results.push(...(await Promise.all(all.slice(at, at + together).map(what))));
  }
  return results;
}

/** So many browsers. Okta knows the user of each already: only the first one fills in its forms. */
async function people(count: number): Promise<Visitor[]> {
  const first = await run.signedIn();
  const { hostname } = new URL(run.okta.issuer);
  const others = Array.from({ length: count - 1 }, () => visitor(run.system.url));
  for (const other of others) other.jar.set(hostname, new Map(first.jar.get(hostname)));
  const home = (next: URL) => next.origin === run.system.url && next.pathname === '/';
  const ends = await each(others, (one) => one.navigate('/bff/login', { until: home }));
  expect(ends.filter(({ headers }) => headers.location !== '/')).toEqual([]);
  return [first, ...others];
}

const call = async (one: Visitor) => (await one.fetch('/bff/api/v1/users?limit=1')).status;
const statusesOf = async (all: readonly Visitor[]) => new Set(await each(all, call));

/** All of them call again and again while `during` runs: the statuses that came, counted. */
async function underLoad(all: readonly Visitor[], during: () => Promise<void>) {
  const seen: Record<number, number> = {};
  let over = false;
  const workers = Array.from({ length: callers }, async (_, first) => {
    // On a slow machine the load goes on until everybody has called.
    for (let at = first; !over || at < all.length + callers; at += callers) {
      const status = await call(all[at % all.length] as Visitor);
      seen[status] = (seen[status] ?? 0) + 1;
    }
  });
  try {
    await during();
  } finally {
    over = true;
    await Promise.all(workers);
  }
  return seen;
}

const rotation = (driver: string, more: object = {}): OperatorEvent => ({
  action: 'rotate',
  driver,
  settleSeconds: 0,
  ...more,
});

/** As if the key had moved to its state so long ago: sign-ins on their way have ended since. */
async function longAgo(id: string, seconds = 3600): Promise<void> {
  const since = Math.floor(Date.now() / 1000) - seconds;
  await run.table.send(
    new UpdateItemCommand({
      TableName: run.system.table,
      Key: { pk: { S: partitions.ring }, sk: { S: 'dpop' } },
      UpdateExpression: 'SET #keys.#id.#since = :since',
      ExpressionAttributeNames: { '#keys': 'keys', '#id': id, '#since': 'since' },
      ExpressionAttributeValues: { ':since': { N: String(since) } },
    }),
  );
}

test('a rotation under load, to RS256 and back, fails no call and loses no session; drained, the old key signs nothing', async () => {
  const old = await operator.active('dpop');
  const before = await people(240);
  const [last] = before.slice(-1) as [Visitor];
  const later: { key: string; alg: string; all: Visitor[] }[] = [];
  const seen = await underLoad(before, async () => {
    for (const [spec, alg] of [
      ['RSA_2048', 'RS256'],
      ['ECC_NIST_P256', 'ES256'],
    ] as const) {
      expect(await operator.drive(rotation(spec, { spec, settleSeconds: 1 }))).toMatchObject({
        code: 'rotated',
      });
      later.push({ key: await operator.active('dpop'), alg, all: await people(24) });
    }
  });
  expect(Object.keys(seen)).toEqual(['200']);
  expect(seen[200]).toBeGreaterThan(before.length);
  expect(await statusesOf([...before, ...later.flatMap(({ all }) => all)])).toEqual(new Set([200]));
  for (const name of ['auth', 'proxy']) {
    expect(run.system.gateway.functions().environments(name)).toBeGreaterThan(1);
  }

  // Each session is where it was born, and proves with that key.
  const sessions = Object.fromEntries(
    (await operator.keys('dpop')).map((key) => [key.id, key.sessions]),
  );
  expect(sessions).toEqual({
    [old]: 240,
    ...Object.fromEntries(later.map(({ key }) => [key, 24])),
  });
  for (const { alg, all } of later) {
    run.okta.events.clear();
    await call(all[0] as Visitor);
    const proofs = run.okta.events.list().flatMap(({ proof }) => proof?.header.alg ?? []);
    expect(new Set(proofs)).toEqual(new Set([alg]));
  }

  // Everybody on the old key goes but one; and then that one.
  const goes = (one: Visitor) => one.fetch('/bff/logout', { method: 'POST' });
  await each(before.slice(0, -1), goes);
  await longAgo(old);
  const refused = await operator.operate({ action: 'retire', key: old });
  expect(refused).toMatchObject({ status: 'refused', code: 'sessions', sessions: 1 });
  expect(Number(refused.until)).toBeGreaterThan(Date.now() / 1000);
  expect(refused.message).toMatch(
    /^1 session at most .* until \d{4}-\d\d-\d\d \d\d:\d\d UTC at most/,
  );
  expect(await call(last)).toBe(200);
  await goes(last);
  expect(await operator.operate({ action: 'retire', key: old })).toMatchObject({ code: 'retired' });
  run.kms.calls.reset();
  expect(await statusesOf(later.flatMap(({ all }) => all))).toEqual(new Set([200]));
  expect(await statusesOf(before.slice(0, 8))).toEqual(new Set([401]));
  expect(run.kms.calls.count('Sign', old)).toBe(0);
  expect(run.kms.calls.count('Sign')).toBeGreaterThan(0);
}, 180_000);

describe('two operators at once', () => {
  test('one rotates; the other is told by whom, and what is made is one key', async () => {
    const all = await people(8);
    const before = (await operator.keys('dpop')).length;
    const seen = await underLoad(all, async () => {
      const outcomes = await Promise.all(
        ['ada', 'grace'].map((actor) =>
          operator.drive({
            // Long enough that the other, whose environment may start late, meets it under way.
            ...rotation(actor, { settleSeconds: 5 }),
            actor,
            reason: `${actor} says so`,
          }),
        ),
      );
      const [won, lost] = outcomes.toSorted((a) => (a.code === 'rotated' ? -1 : 1));
      expect(won).toMatchObject({ code: 'rotated' });
      expect(lost).toMatchObject({ status: 'refused' });
      if (lost?.code === 'under_way')
        expect(lost.message).toMatch(/by (ada|grace) since .* says so/);
      else expect(lost?.code).toMatch(/^(moved_on|busy)$/);
    });
    expect(Object.keys(seen)).toEqual(['200']);
    const keys = await operator.keys('dpop');
    expect(keys).toHaveLength(before + 1);
    expect(keys.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(await operator.operate({ action: 'status' })).toMatchObject({ rotations: [] });
  });

  test('one rotates, one disables the key that is active: the sessions of all others go on', async () => {
    const all = await people(8);
    await operator.drive(rotation('first'));
    const late = await people(8);
    const active = await operator.active('dpop');
    const [rotated, disabled] = await Promise.all([
      operator.drive(rotation('second', { settleSeconds: 1 })),
      operator.drive({ action: 'disable', key: active, now: true }),
    ]);
    expect(disabled).toMatchObject({ code: 'disabled' });
    expect(rotated.code).toMatch(/^(rotated|moved_on|under_way|busy)$/);
    expect(await statusesOf(late)).toEqual(new Set([401]));
    expect(await statusesOf(all)).toEqual(new Set([200]));
    const now = await operator.active('dpop');
    expect(now).not.toBe(active);
    expect(await statusesOf(await people(2))).toEqual(new Set([200]));
  });
});

describe('an operator’s command that dies', () => {
  const lose = 'lose_answer' as const;
  const refuse = { error: 'KMSInternalException', status: 500 };

  test.each<[step: string, atFault: () => void]>([
    [
      'after the key was made, and nobody heard of it',
      () => run.kms.faults.failNext(lose, { operation: 'CreateKey' }),
    ],
    [
      'before the new key has signed',
      () => {
        run.kms.faults.fault = ({ operation }) => (operation === 'Sign' ? refuse : undefined);
      },
    ],
    ['while the new key rests', () => {}],
  ])(
    '%s, is followed by one that ends the rotation, with one new key',
    async (_step, fail) => {
      const all = await people(2);
      const before = (await operator.keys('dpop')).length;
      fail();
      const dead = await operator.operate(rotation('dead', { settleSeconds: 60 }));
      expect(dead.status).toBe('waiting');
      run.kms.faults.reset();
      expect(await operator.operate(rotation('early'))).toMatchObject({ code: 'under_way' });
      const outcome = await operator.drive(rotation('next', { takeOver: true }));
      expect(outcome).toMatchObject({ code: 'rotated' });
      const keys = await operator.keys('dpop');
      expect(keys).toHaveLength(before + 1);
      expect(await operator.operate({ action: 'status' })).toMatchObject({ rotations: [] });
      expect(await statusesOf(all)).toEqual(new Set([200]));
    },
    60_000,
  );
});

test('the kill switch under load: 200 before, 401 after, and a clean sign-in on another key', async () => {
  const all = await people(48);
  const active = await operator.active('dpop');
  run.okta.events.clear();
  const seen = await underLoad(all, async () => {
    expect(await statusesOf(all)).toEqual(new Set([200]));
    expect(await operator.drive({ action: 'disable', key: active, now: true })).toMatchObject({
      code: 'disabled',
    });
  });
  // 503 while the operator is at it: KMS has stopped, and the ring does not say why yet.
  expect(Object.keys(seen).filter((status) => !['200', '401', '503'].includes(status))).toEqual([]);
  // Ahead at most, where an environment has seen the session alive.
  run.kms.calls.reset();
  expect(await statusesOf(all)).toEqual(new Set([401]));
  expect(run.kms.calls.count('Sign')).toBeLessThanOrEqual(all.length);
  const schemes = run.okta.events
    .list()
    .flatMap(({ kind, scheme }) => (kind === 'api' ? scheme : []));
  expect(new Set(schemes)).toEqual(new Set(['DPoP']));
  const [one] = all as [Visitor];
  await one.signIn();
  expect(await call(one)).toBe(200);
});

test('a key that is disabled in KMS itself is 503, and everything goes on once it is enabled', async () => {
  const all = await people(4);
  const KeyId = await operator.active('dpop');
  await disableByBreakingGlass(kms, KeyId);
  run.okta.events.clear();
  run.kms.calls.reset();
  const [one] = all as [Visitor];
  const answer = await one.fetch('/bff/api/v1/users?limit=1');
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'signer_unavailable' });
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  expect(await statusesOf(all)).toEqual(new Set([503]));
  // A call asks twice at most: ahead, while the table confirms its session, and once it has.
  expect(run.kms.calls.count('Sign')).toBeLessThanOrEqual(2 * (all.length + 1));
  expect(run.okta.events.list()).toEqual([]);
  // What the alarm signing-failures counts.
  expect(run.logged('request.failed')).toContainEqual(
    expect.objectContaining({ code: 'signer_unavailable', 'failed.signer_unavailable': 1 }),
  );
  await kms.send(new EnableKeyCommand({ KeyId }));
  expect(await statusesOf(all)).toEqual(new Set([200]));
});
