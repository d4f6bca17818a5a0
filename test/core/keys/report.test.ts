import { DisableKeyCommand, EnableKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyName } from '#core/keys/find-key.ts';
import { hourlyWork } from '#core/keys/hourly.ts';
import { disableKeyNow } from '#core/keys/kill-switch.ts';
import { keysStatus, listKeys, replicateKeys } from '#core/keys/report.ts';
import { retireKey } from '#core/keys/retire.ts';
import { activeKey } from '#core/keys/ring.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import { away, type Bench, bench, home, type TestOperator } from './operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterAll(() => b.close());

const day = 86_400;
const seconds = () => Math.floor(b.now() / 1000);
const tending = { driver: 'tend', by: 'schedule', reason: 'schedule' };
const rotation = { use: 'dpop', driver: 'd', by: 'ada', reason: 'test' } as const;
const problemsOf = async (op: TestOperator) =>
  ((await keysStatus(op)) as unknown as { problems: string[] }).problems;

test('the list shows state, age, last signature and sessions of every key', async () => {
  const op = await b.operator();
  const KeyId = op.firstKeys.dpop;
  await op.rotated();
  await b
    .kmsIn(home)
    .send(new SignCommand({ KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: Buffer.of(1) }));
  await op.session(KeyId, { seconds: 100 });
  await op.session(KeyId, { seconds: 300 });
  const { keys, rotations } = await listKeys(op);
  expect(rotations).toEqual([]);
  expect(keys.map(({ use, state, sessions }) => [use, state, sessions])).toEqual(
    expect.arrayContaining([
      ['dpop', 'draining', 2],
      ['dpop', 'active', 0],
      ['assertion', 'active', undefined],
    ]),
  );
  expect(keys.find(({ id }) => id === KeyId)).toMatchObject({
    name: keyName(KeyId),
    kms: 'enabled',
    spec: 'ECC_NIST_P256',
    createdAt: expect.any(Number),
    lastUsedAt: seconds(),
    lastEnd: seconds() + 300,
  });
});

describe('status names', () => {
  test('nothing when all is well', async () => {
    expect(await problemsOf(await b.operator())).toEqual([]);
  });

  test('a key that was disabled in KMS itself, and one that was enabled there', async () => {
    const op = await b.operator();
    await b.kmsIn(home).send(new DisableKeyCommand({ KeyId: op.firstKeys.dpop }));
    const name = keyName(op.firstKeys.dpop);
    expect(await problemsOf(op)).toEqual([
      expect.stringContaining(`${name} is active here and disabled in KMS`),
    ]);
    await disableKeyNow(op, { key: op.firstKeys.dpop, deadlineMs: 1e15 });
    await b.kmsIn(home).send(new EnableKeyCommand({ KeyId: op.firstKeys.dpop }));
    expect(await problemsOf(op)).toEqual([
      expect.stringContaining('No dpop key is active'),
      expect.stringContaining(`${name} is disabled here and enabled in KMS`),
    ]);
  });

  test('a rotation that is stuck, and what it waits for', async () => {
    const op = await b.operator();
    await rotateKey(op, rotation);
    expect(await problemsOf(op)).toEqual([]);
    b.pass(3600);
    expect(await problemsOf(op)).toEqual([
      expect.stringMatching(
        /^The rotation of the dpop key has been stuck since .*: the next key waits/,
      ),
    ]);
  });

  test('a key that nobody needs any more, and one that is in no ring', async () => {
    const op = await b.operator();
    await op.rotated();
    const stray = await op.admin.create({ use: 'dpop', spec: 'ECC_NIST_P256', rotation: 'lost' });
    // Sign-ins that began with the old one may still end: to retire it would be refused.
    expect(await problemsOf(op)).toEqual([expect.stringContaining('is in no ring')]);
    b.pass(12 * 60);
    expect(await problemsOf(op)).toEqual([
      expect.stringContaining(`No session needs ${keyName(op.firstKeys.dpop)}`),
      expect.stringContaining(`${keyName(stray)} is in no ring`),
    ]);
  });

  test('a kind of key that the configuration does not want', async () => {
    const op = await b.operator({ config: { dpop: { keySpec: 'RSA_2048' } } });
    expect(await problemsOf(op)).toEqual([expect.stringContaining('asks for RSA_2048 keys')]);
  });

  test('replicas that the configuration does not ask for are nothing to make', async () => {
    const op = await b.operator();
    const outcome = { code: 'no_regions', message: 'dpop.replicaRegions names no Region.' };
    expect(await replicateKeys(op, {})).toMatchObject({ status: 'refused', ...outcome });
    expect(await replicateKeys(op, { dryRun: true })).toMatchObject(outcome);
  });

  test('a Region that could not take over, until the keys are replicated', async () => {
    const op = await b.operator({ config: { dpop: { replicaRegions: [away] } } });
    const missing = expect.stringContaining(`cannot sign in ${away}`);
    expect(await problemsOf(op)).toEqual([missing, missing]);
    expect(await replicateKeys(op, {})).toMatchObject({ code: 'replicated' });
    expect(await problemsOf(op)).toEqual([]);
    expect(await replicateKeys(op, {})).toMatchObject({ code: 'replicated' });
  });
});

describe('tending by a schedule', () => {
  const events = (op: TestOperator, name: string) =>
    op.events.filter((event) => event.name === name).map(({ fields }) => fields);

  test('rotates both keys when they are old enough, a step at a time', async () => {
    const op = await b.operator();
    await hourlyWork(op, { ...tending, everyDays: 90 });
    expect((await op.rings.read('dpop')).keys).toHaveLength(1);
    b.pass(90 * day);
    await hourlyWork(op, { ...tending, everyDays: 90 });
    b.pass(3600);
    await hourlyWork(op, { ...tending, everyDays: 90 });
    for (const use of ['dpop', 'assertion'] as const) {
      expect(activeKey(await op.rings.read(use))).not.toBe(op.firstKeys[use]);
    }
  });

  test('without everyDays it rotates nothing, and finishes what somebody left', async () => {
    const op = await b.operator();
    b.pass(1000 * day);
    await hourlyWork(op, tending);
    expect(activeKey(await op.rings.read('dpop'))).toBe(op.firstKeys.dpop);
    await rotateKey(op, rotation);
    // Whoever finishes it goes by the usual rest.
    b.pass(301);
    await hourlyWork(op, tending);
    expect(activeKey(await op.rings.read('dpop'))).not.toBe(op.firstKeys.dpop);
  });

  test('leaves alone a rotation that somebody drives', async () => {
    const op = await b.operator();
    await rotateKey(op, rotation);
    await hourlyWork(op, tending);
    expect((await op.rings.read('dpop')).rotation?.driver).toBe('d');
  });

  test('retires drained keys if told to, and deletes those whose bake time is over', async () => {
    const op = await b.operator();
    await op.rotated();
    b.pass(day);
    await hourlyWork(op, tending);
    expect((await op.rings.read('dpop')).keys).toContainEqual(
      expect.objectContaining({ id: op.firstKeys.dpop, state: 'draining' }),
    );
    const id = await op.session(op.firstKeys.dpop);
    await hourlyWork(op, { ...tending, retire: true });
    expect((await op.admin.describe(op.firstKeys.dpop))?.state).toBe('enabled');
    await op.sessions.end(id);
    await hourlyWork(op, { ...tending, retire: true });
    expect((await op.admin.describe(op.firstKeys.dpop))?.state).toBe('disabled');
    b.pass(7 * day);
    await hourlyWork(op, tending);
    expect((await op.admin.describe(op.firstKeys.dpop))?.state).toBe('pending_deletion');
    b.pass(30 * day);
    await hourlyWork(op, tending);
    expect((await op.rings.read('dpop')).keys).toHaveLength(1);
  });

  test('a killed key is not deleted by itself', async () => {
    const op = await b.operator();
    await op.rotated();
    await disableKeyNow(op, { key: op.firstKeys.dpop, deadlineMs: 1e15 });
    b.pass(100 * day);
    await hourlyWork(op, { ...tending, retire: true });
    expect((await op.admin.describe(op.firstKeys.dpop))?.state).toBe('disabled');
    expect(await retireKey(op, { key: op.firstKeys.dpop })).toMatchObject({
      code: 'deletion_scheduled',
    });
  });

  test('tells ages and sessions, and never a key', async () => {
    const op = await b.operator();
    await op.session(op.firstKeys.dpop);
    b.pass(3 * day);
    await op.session(op.firstKeys.dpop, { seconds: 10 });
    await hourlyWork(op, tending);
    expect(events(op, 'keys.dpop.reported')).toEqual([
      { ageDays: 3, keys: 1, sessions: 1, drainingSessions: 0 },
    ]);
    expect(events(op, 'keys.assertion.reported')).toEqual([{ ageDays: 3, keys: 1 }]);
    expect(JSON.stringify(op.events)).not.toMatch(/mrk-|arn:/);
  });

  test('raises what is overdue, stuck, or cannot sign', async () => {
    const op = await b.operator();
    b.pass(93 * day);
    b.kms.faults.fault = ({ operation }) =>
      operation === 'CreateKey' ? { error: 'AccessDeniedException' } : undefined;
    await hourlyWork(op, { ...tending, everyDays: 90 });
    b.kms.faults.reset();
    expect(events(op, 'keys.rotation_overdue')).toEqual([
      { use: 'dpop', ageDays: 93 },
      { use: 'assertion', ageDays: 93 },
    ]);
    await rotateKey(op, { ...rotation, settleSeconds: 7200 });
    b.pass(3600);
    await rotateKey(op, { ...rotation, settleSeconds: 7200 });
    await hourlyWork(op, tending);
    expect(events(op, 'keys.rotation_stuck')).toEqual([
      { use: 'dpop', step: 'published', minutes: 60 },
    ]);
    await b.kmsIn(home).send(new DisableKeyCommand({ KeyId: op.firstKeys.assertion }));
    await hourlyWork(op, tending);
    expect(events(op, 'keys.active_unusable')).toEqual([{ use: 'assertion' }]);
  });

  test('remembers the first key for good', async () => {
    const op = await b.operator();
    await hourlyWork(op, tending);
    const other = await b.operator();
    const moved = { ...op, rings: op.rings, firstKeys: other.firstKeys };
    expect((await moved.rings.read('dpop')).version).toBe(1);
    expect(activeKey(await moved.rings.read('dpop'))).toBe(op.firstKeys.dpop);
  });
});
