import { DescribeKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { enableKey } from '#core/keys/enable.ts';
import { keyName } from '#core/keys/find-key.ts';
import { disableKeyNow } from '#core/keys/kill-switch.ts';
import { activeKey } from '#core/keys/ring.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import { Crash, dying } from './crashes.ts';
import { away, type Bench, bench, home, type TestOperator } from './operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterEach(() => {
  b.kms.faults.reset();
  b.dynamodb.faults.reset();
});
afterAll(() => b.close());

const deadlineMs = Number.POSITIVE_INFINITY;
const activeOf = async (op: TestOperator) => activeKey(await op.rings.read('dpop'));
const stateOf = async (op: TestOperator, key = op.firstKeys.dpop) =>
  (await op.rings.read('dpop')).keys.find(({ id }) => id === key)?.state;

test('signing stops, the sessions on the key end, and others stay', async () => {
  const op = await b.operator();
  await op.rotated();
  const [old, now] = [op.firstKeys.dpop, (await activeOf(op)) ?? ''];
  const ended = await Promise.all(Array.from({ length: 40 }, () => op.session(old)));
  const kept = await op.session(now);
  const outcome = await disableKeyNow(op, { key: old, deadlineMs });
  expect(outcome).toMatchObject({
    status: 'done',
    code: 'disabled',
    ended: 40,
    signing: 'stopped',
  });
  expect(await stateOf(op)).toBe('disabled');
  await expect(op.signer.key(old)).rejects.toMatchObject({ code: 'signer_unavailable' });
  for (const id of ended) expect(await op.sessions.read(id)).toBeUndefined();
  expect(await op.sessions.read(kept)).toBeDefined();
  // The dashboard counts these.
  const ends = op.events.filter(({ name }) => name === 'session.ended');
  expect(ends.map(({ fields }) => fields)).toEqual(Array(40).fill({ why: 'key_disabled' }));
});

test('a key that no ring knows is taken out as well, and is in the ring as such from then on', async () => {
  const op = await b.operator();
  const stray = await op.admin.create({ use: 'dpop', spec: 'ECC_NIST_P256', rotation: 'lost' });
  const ended = await op.session(stray);
  const outcome = await disableKeyNow(op, { key: stray, deadlineMs });
  expect(outcome).toMatchObject({ code: 'disabled', ended: 1, signing: 'stopped' });
  // Without its entry, no environment would learn that the key was taken out.
  expect(await stateOf(op, stray)).toBe('disabled');
  expect(await activeOf(op)).toBe(op.firstKeys.dpop);
  expect(await op.sessions.read(ended)).toBeUndefined();
});

test('without another key nobody signs in, and it says so', async () => {
  const op = await b.operator();
  const outcome = await disableKeyNow(op, { key: op.firstKeys.dpop, deadlineMs });
  expect(outcome.message).toContain('No dpop key is active');
  expect(await activeOf(op)).toBeUndefined();
});

test('taking out an assertion key ends no session, and the next one takes over if it is published', async () => {
  const op = await b.operator();
  const key = op.firstKeys.assertion;
  const session = await op.session(op.firstKeys.dpop);
  const request = { use: 'assertion', driver: 'd', by: 'ada', reason: 'test' } as const;
  expect(await rotateKey(op, request)).toMatchObject({ code: 'publishing' });
  const next = (await op.rings.read('assertion')).keys[1]?.id ?? '';
  expect((await disableKeyNow(op, { key, deadlineMs, dryRun: true })).message).toBe(
    `Would disable the active assertion key ${keyName(key)} at once. ` +
      `${keyName(next)} would be the active assertion key. Nothing was changed.`,
  );
  expect(await disableKeyNow(op, { key, deadlineMs })).toMatchObject({
    code: 'disabled',
    message: `${keyName(key)} no longer signs. ${keyName(next)} is the active assertion key.`,
  });
  const ring = await op.rings.read('assertion');
  expect([activeKey(ring), ring.rotation]).toEqual([next, undefined]);
  expect(await op.sessions.read(session)).toBeDefined();
});

test('sign-ins go on with the key that drains, if that signs', async () => {
  const op = await b.operator();
  await op.rotated();
  const active = (await activeOf(op)) ?? '';
  expect(await disableKeyNow(op, { key: active, deadlineMs })).toMatchObject({
    code: 'disabled',
    active: keyName(op.firstKeys.dpop),
  });
  expect(await activeOf(op)).toBe(op.firstKeys.dpop);
});

test('a key that drains but does not sign takes over nothing', async () => {
  const op = await b.operator();
  await op.rotated();
  await b.kmsIn(home).send(new DisableKeyCommand({ KeyId: op.firstKeys.dpop }));
  await disableKeyNow(op, { key: (await activeOf(op)) ?? '', deadlineMs });
  expect(await activeOf(op)).toBeUndefined();
});

test('the next key of a rotation takes over, and the rotation is over', async () => {
  const op = await b.operator();
  await rotateKey(op, { use: 'dpop', driver: 'd', by: 'ada', reason: 'test' });
  const next = (await op.rings.read('dpop')).rotation?.key ?? '';
  await disableKeyNow(op, { key: op.firstKeys.dpop, deadlineMs });
  expect(await activeOf(op)).toBe(next);
  expect((await op.rings.read('dpop')).rotation).toBeUndefined();
});

test('the next key of a rotation can be taken out itself', async () => {
  const op = await b.operator();
  await rotateKey(op, { use: 'dpop', driver: 'd', by: 'ada', reason: 'test' });
  const next = (await op.rings.read('dpop')).rotation?.key ?? '';
  await disableKeyNow(op, { key: next, deadlineMs });
  expect(await activeOf(op)).toBe(op.firstKeys.dpop);
  expect((await op.rings.read('dpop')).rotation).toBeUndefined();
  expect((await op.rotated()).code).toBe('rotated');
});

test('enabling undoes it: the key is active again when there is no other', async () => {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  await disableKeyNow(op, { key, deadlineMs });
  expect(await enableKey(op, { key })).toMatchObject({ code: 'enabled', state: 'active' });
  expect(await activeOf(op)).toBe(key);
  await expect((await op.signer.key(key)).sign(Buffer.of(1))).resolves.toHaveLength(64);
});

test('an enabled key drains when another one is active', async () => {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  await disableKeyNow(op, { key, deadlineMs });
  await op.rotated();
  expect(await enableKey(op, { key })).toMatchObject({ code: 'enabled', state: 'draining' });
});

test('a key that somebody disabled in KMS itself is enabled again', async () => {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  await b.kmsIn(home).send(new DisableKeyCommand({ KeyId: key }));
  expect(await enableKey(op, { key: keyName(key) })).toMatchObject({
    code: 'enabled',
    state: 'active',
  });
});

test('it is disabled in every Region, whatever one of them answers', async () => {
  const op = await b.operator({ config: { dpop: { replicaRegions: [away] } } });
  await op.rotated();
  const key = (await activeOf(op)) ?? '';
  b.kms.faults.fault = ({ operation, region }) =>
    operation === 'DisableKey' && region === home ? { error: 'ThrottlingException' } : undefined;
  expect(await disableKeyNow(op, { key, deadlineMs })).toMatchObject({
    status: 'failed',
    code: 'partly',
    signing: 'unknown',
  });
  const there = { KeyId: key.replace(home, away) };
  const { KeyMetadata } = await b.kmsIn(away).send(new DescribeKeyCommand(there));
  expect(KeyMetadata?.KeyState).toBe('Disabled');
  expect(await stateOf(op, key)).toBe('disabled');
  b.kms.faults.reset();
  expect(await disableKeyNow(op, { key, deadlineMs })).toMatchObject({ code: 'disabled' });
  expect((await op.admin.describe(key))?.state).toBe('disabled');
});

test('while the table is unavailable, a key named by its ARN still stops signing', async () => {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  b.dynamodb.faults.fault = () => ({ error: 'AccessDeniedException' });
  expect(await disableKeyNow(op, { key, deadlineMs })).toMatchObject({
    status: 'failed',
    code: 'partly',
    signing: 'stopped',
  });
  b.dynamodb.faults.reset();
  expect((await op.admin.describe(key))?.state).toBe('disabled');
  expect(await disableKeyNow(op, { key, deadlineMs })).toMatchObject({ status: 'done' });
});

test('more sessions than one call has time for end in several', async () => {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  await Promise.all(Array.from({ length: 50 }, () => op.session(key)));
  const calls: number[] = [];
  for (;;) {
    // Its time is up at once: it ends what it has in hand.
    const outcome = await disableKeyNow(op, { key, deadlineMs: 0 });
    calls.push((outcome as unknown as { ended: number }).ended);
    if (outcome.status !== 'waiting') break;
  }
  expect(calls.length).toBeGreaterThan(2);
  expect(calls.reduce((sum, ended) => sum + ended, 0)).toBe(50);
});

test('a dry run says how many sessions would end, and changes nothing', async () => {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  const id = await op.session(key);
  expect(await disableKeyNow(op, { key, deadlineMs, dryRun: true })).toMatchObject({
    code: 'dry_run',
    sessions: 1,
  });
  expect(await op.sessions.read(id)).toBeDefined();
  expect((await op.admin.describe(key))?.state).toBe('enabled');
});

test('if a run dies half-way, the next one finishes it', async () => {
  for (const when of ['before', 'after'] as const) {
    let survived = false;
    for (let at = 1; !survived; at++) {
      const op = await b.operator();
      await op.rotated();
      const key = (await activeOf(op)) ?? '';
      const id = await op.session(key);
      survived = await disableKeyNow(dying(op, { at, when }), { key, deadlineMs }).then(
        ({ status }) => status === 'done',
        (error: unknown) => {
          if (error instanceof Crash) return false;
          throw error;
        },
      );
      expect((await disableKeyNow(op, { key, deadlineMs })).status).toBe('done');
      expect((await op.admin.describe(key))?.state).toBe('disabled');
      expect(await stateOf(op, key)).toBe('disabled');
      expect(await op.sessions.read(id)).toBeUndefined();
      expect(await activeOf(op)).toBe(op.firstKeys.dpop);
    }
  }
});
