import { setTimeout as wait } from 'node:timers/promises';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { enableKey, reactivateKey } from '#core/keys/enable.ts';
import { keyName } from '#core/keys/find-key.ts';
import { KeyAdminError } from '#core/keys/operator.ts';
import { retireKey } from '#core/keys/retire.ts';
import { cancelRotation } from '#core/keys/rotation/roll-back.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import { Crash, dying } from './crashes.ts';
import { away, type Bench, bench, home, type TestOperator } from './operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterEach(() => b.kms.faults.reset());
afterAll(() => b.close());

const day = 86_400;
const afterglow = 12 * 60;
const seconds = () => Math.floor(b.now() / 1000);

/** One whose first key drains, and has done so for long enough. */
async function drained(options: Parameters<Bench['operator']>[0] = {}): Promise<TestOperator> {
  const op = await b.operator(options);
  await op.rotated();
  b.pass(afterglow);
  return op;
}

const kmsState = async (op: TestOperator) => (await op.admin.describe(op.firstKeys.dpop))?.state;
const keyOf = async (op: TestOperator) =>
  (await op.rings.read('dpop')).keys.find(({ id }) => id === op.firstKeys.dpop);

describe('retiring is refused', () => {
  test('while one live session is left, and says how many and until when at most', async () => {
    const op = await drained();
    const key = op.firstKeys.dpop;
    await op.session(key, { seconds: 3600 });
    const outcome = await retireKey(op, { key });
    expect(outcome).toMatchObject({
      status: 'refused',
      code: 'sessions',
      sessions: 1,
      until: seconds() + 3600,
    });
    expect(outcome.message).toMatch(
      /^1 session at most may still be signed by mrk-\w{8}, the last until 20\d\d-/,
    );
    expect(await kmsState(op)).toBe('enabled');
    b.pass(3600);
    expect(await retireKey(op, { key })).toMatchObject({ status: 'done', code: 'retired' });
  });

  test('of the active key, and of the one that is next', async () => {
    const op = await b.operator();
    expect(await retireKey(op, { key: op.firstKeys.dpop })).toMatchObject({ code: 'active' });
    await rotateKey(op, { use: 'dpop', driver: 'd', by: 'ada', reason: 'test' });
    const next = (await op.rings.read('dpop')).rotation?.key ?? '';
    expect(await retireKey(op, { key: next })).toMatchObject({ code: 'pending' });
  });

  test('while a sign-in that began with the key may still end', async () => {
    const op = await b.operator();
    await op.rotated();
    const outcome = await retireKey(op, { key: op.firstKeys.dpop });
    expect(outcome).toMatchObject({ code: 'draining_recently', until: seconds() + afterglow });
    b.pass(afterglow);
    expect(await retireKey(op, { key: op.firstKeys.dpop })).toMatchObject({ code: 'retired' });
  });

  test('while an assertion signed by the key may still be used', async () => {
    const op = await b.operator();
    await op.rotated({ use: 'assertion' });
    const key = op.firstKeys.assertion;
    expect(await retireKey(op, { key })).toMatchObject({ code: 'draining_recently' });
    b.pass(afterglow);
    expect(await retireKey(op, { key })).toMatchObject({ code: 'retired' });
  });

  test('of a key that nobody knows', async () => {
    const op = await b.operator();
    expect(await retireKey(op, { key: 'mrk-00000000' })).toMatchObject({ code: 'unknown_key' });
    for (const key of ['mrk-', 'mrk-12345', keyName(op.firstKeys.dpop).slice(0, 9)]) {
      expect(await retireKey(op, { key })).toMatchObject({
        code: 'unknown_key',
        message: expect.stringContaining('at least six characters'),
      });
    }
  });
});

test('a session that was idle for too long no longer needs its key', async () => {
  const op = await drained();
  const id = await op.session(op.firstKeys.dpop, { seconds: 100 });
  b.pass(100);
  expect(await op.sessions.read(id)).toBeUndefined();
  expect(await retireKey(op, { key: op.firstKeys.dpop })).toMatchObject({ code: 'retired' });
});

test('a retired key is disabled, bakes for a week, is then deleted by KMS, and forgotten', async () => {
  const op = await drained();
  const key = keyName(op.firstKeys.dpop);
  expect(await retireKey(op, { key })).toMatchObject({
    code: 'retired',
    bakedAt: seconds() + 7 * day,
  });
  expect(await kmsState(op)).toBe('disabled');
  expect(await retireKey(op, { key })).toMatchObject({ status: 'refused', code: 'baking' });
  b.pass(7 * day);
  expect(await retireKey(op, { key, windowDays: 7 })).toMatchObject({
    code: 'deletion_scheduled',
    deletionAt: seconds() + 7 * day,
  });
  expect(await kmsState(op)).toBe('pending_deletion');
  expect(await retireKey(op, { key })).toMatchObject({ code: 'deletion_scheduled' });
  b.pass(7 * day);
  expect(await retireKey(op, { key })).toMatchObject({ code: 'deleted' });
  expect(await keyOf(op)).toBeUndefined();
});

test('no step of a retirement touches another key of the ring', async () => {
  const op = await b.operator();
  await op.rotated();
  await op.rotated();
  b.pass(afterglow);
  const key = op.firstKeys.dpop;
  const others = async () => (await op.rings.read('dpop')).keys.filter(({ id }) => id !== key);
  const before = await others();
  expect(before.map(({ state }) => state).toSorted()).toEqual(['active', 'draining']);
  for (const code of ['retired', 'baking', 'deletion_scheduled', 'deleted']) {
    expect(await retireKey(op, { key, windowDays: 7 })).toMatchObject({ code });
    expect(await others()).toEqual(before);
    if (code !== 'retired') b.pass(7 * day);
  }
});

test('every replica is disabled and deleted too', async () => {
  const op = await b.operator({ config: { dpop: { replicaRegions: [away] } } });
  await op.rotated();
  const { to } = (await op.rotated()) as unknown as { to: string };
  b.pass(afterglow);
  const old = (await op.rings.read('dpop')).keys.find(
    ({ id, state }) => state === 'draining' && id !== op.firstKeys.dpop,
  );
  expect(old && keyName(old.id)).not.toBe(to);
  const there = { KeyId: (old?.id ?? '').replace(home, away) };
  const state = async () =>
    (await b.kmsIn(away).send(new DescribeKeyCommand(there))).KeyMetadata?.KeyState;
  expect(await retireKey(op, { key: old?.id ?? '' })).toMatchObject({ code: 'retired' });
  expect(await state()).toBe('Disabled');
  b.pass(7 * day);
  const outcome = await retireKey(op, { key: old?.id ?? '', windowDays: 7 });
  // Its primary waits for it, and then its own time.
  expect(outcome).toMatchObject({ code: 'deletion_scheduled', deletionAt: seconds() + 14 * day });
  expect(await state()).toBe('PendingDeletion');
});

test('enabling undoes it, even when KMS was told to delete the key', async () => {
  const op = await drained();
  const key = op.firstKeys.dpop;
  await retireKey(op, { key });
  expect(await enableKey(op, { key })).toMatchObject({ code: 'enabled', state: 'draining' });
  expect(await keyOf(op)).toMatchObject({ state: 'draining' });
  expect(await keyOf(op)).not.toHaveProperty('retiringSince');
  b.pass(afterglow);
  await retireKey(op, { key });
  b.pass(7 * day);
  await retireKey(op, { key });
  expect(await kmsState(op)).toBe('pending_deletion');
  expect(await enableKey(op, { key })).toMatchObject({ code: 'enabled' });
  expect(await kmsState(op)).toBe('enabled');
});

test('a key that its policy still protects is reported, and nothing is lost', async () => {
  const op = await drained();
  const key = op.firstKeys.dpop;
  await retireKey(op, { key });
  b.pass(7 * day);
  b.kms.faults.failNext({ error: 'AccessDeniedException' }, { operation: 'ScheduleKeyDeletion' });
  const outcome = await retireKey(op, { key });
  expect(outcome).toMatchObject({ status: 'failed', code: 'kms_failed' });
  expect(outcome.message).toContain('protects it for a week');
  expect(await retireKey(op, { key })).toMatchObject({ code: 'deletion_scheduled' });
});

test('a dry run changes nothing', async () => {
  const op = await drained();
  expect(await retireKey(op, { key: op.firstKeys.dpop, dryRun: true })).toMatchObject({
    code: 'dry_run',
  });
  expect(await kmsState(op)).toBe('enabled');
  expect(await keyOf(op)).toMatchObject({ state: 'draining' });
});

test('if a run dies half-way, the next one goes on', async () => {
  for (const when of ['before', 'after'] as const) {
    let survived = false;
    for (let at = 1; !survived; at++) {
      const op = await drained();
      const key = op.firstKeys.dpop;
      survived = await retireKey(dying(op, { at, when }), { key }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Crash) return false;
          throw error;
        },
      );
      const { code } = await retireKey(op, { key });
      expect(['retired', 'baking']).toContain(code);
      expect(await kmsState(op)).toBe('disabled');
      expect(await keyOf(op)).toMatchObject({ state: 'disabled', bakedAt: expect.any(Number) });
    }
  }
});

test('a key whose retirement has begun does not become active again', async () => {
  const op = await drained();
  const key = op.firstKeys.dpop;
  const mortal = dying(op, { at: 100, when: 'before' });
  const interrupted = {
    ...mortal,
    admin: { ...op.admin, disable: () => Promise.reject(new Crash()) },
  };
  await expect(retireKey(interrupted, { key })).rejects.toBeInstanceOf(Crash);
  expect(await reactivateKey(op, { key })).toMatchObject({
    status: 'refused',
    code: 'not_draining',
  });
  expect(await enableKey(op, { key })).toMatchObject({ code: 'enabled', state: 'draining' });
  expect(await reactivateKey(op, { key })).toMatchObject({ code: 'activated' });
});

test('a rotation that turned out to be wrong is taken back', async () => {
  const op = await b.operator();
  await op.rotated({ spec: 'RSA_2048' });
  const key = keyName(op.firstKeys.dpop);
  expect(await reactivateKey(op, { key })).toMatchObject({ status: 'done', code: 'activated' });
  expect(
    (await op.rings.read('dpop')).keys.map(({ id, state }) => [keyName(id) === key, state]),
  ).toEqual(
    expect.arrayContaining([
      [true, 'active'],
      [false, 'draining'],
    ]),
  );
});

test('the key of a cancelled rotation is deleted by the next runs', async () => {
  const op = await b.operator();
  await rotateKey(op, { use: 'dpop', driver: 'd', by: 'ada', reason: 'test' });
  const made = (await op.rings.read('dpop')).rotation?.key ?? '';
  await cancelRotation(op, { use: 'dpop' });
  expect(await retireKey(op, { key: made, windowDays: 7 })).toMatchObject({
    code: 'deletion_scheduled',
  });
});

test('a key that KMS still has enabled, because the run that rolled its rotation back died, is disabled before it is deleted', async () => {
  const op = await b.operator();
  await rotateKey(op, { use: 'dpop', driver: 'd', by: 'ada', reason: 'test' });
  const made = (await op.rings.read('dpop')).rotation?.key ?? '';
  const calls: string[] = [];
  const unreachable = async () => {
    throw new KeyAdminError('DisableKey', new Error('away'), false);
  };
  await cancelRotation({ ...op, admin: { ...op.admin, disable: unreachable } }, { use: 'dpop' });
  expect((await op.admin.describe(made))?.state).toBe('enabled');
  const admin = {
    ...op.admin,
    async disable(id: string) {
      await wait(50);
      await op.admin.disable(id);
      calls.push('disabled');
    },
    async scheduleDeletion(id: string, days: number) {
      calls.push('schedule its deletion');
      return op.admin.scheduleDeletion(id, days);
    },
  };
  expect(await retireKey({ ...op, admin }, { key: made, windowDays: 7 })).toMatchObject({
    code: 'deletion_scheduled',
  });
  expect(calls).toEqual(['disabled', 'schedule its deletion']);
});

test('a key in no ring is retired when no session needs it', async () => {
  const op = await b.operator();
  const stray = await op.admin.create({ use: 'dpop', spec: 'ECC_NIST_P256', rotation: 'lost' });
  await op.session(stray, { seconds: 60 });
  expect(await retireKey(op, { key: stray })).toMatchObject({ code: 'sessions' });
  b.pass(60);
  expect(await retireKey(op, { key: stray })).toMatchObject({ code: 'retired' });
  expect((await op.admin.describe(stray))?.state).toBe('disabled');
});
