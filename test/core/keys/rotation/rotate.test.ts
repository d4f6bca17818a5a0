import { randomUUID } from 'node:crypto';
import {
  DisableKeyCommand,
  GetPublicKeyCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { keyName } from '#core/keys/find-key.ts';
import { disableKeyNow } from '#core/keys/kill-switch.ts';
import { activeKey } from '#core/keys/ring.ts';
import { cancelRotation } from '#core/keys/rotation/roll-back.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import {
  away,
  type Bench,
  bench,
  home,
  type TestOperator,
} from '#test/core/keys/operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterEach(() => b.kms.faults.reset());
afterAll(() => b.close());

const statesOf = async (op: TestOperator, use: 'dpop' | 'assertion' = 'dpop') =>
  Object.fromEntries((await op.rings.read(use)).keys.map(({ id, state }) => [id, state]));
const activeOf = async (op: TestOperator, use: 'dpop' | 'assertion' = 'dpop') =>
  activeKey(await op.rings.read(use)) ?? '';

const asked = { use: 'dpop', driver: 'd1', by: 'ada', reason: 'test' } as const;

describe('rotating the DPoP key', () => {
  test('makes the next key active, and the old one drains', async () => {
    const op = await b.operator();
    const outcome = await op.rotated();
    const next = await activeOf(op);
    expect(outcome).toMatchObject({
      status: 'done',
      code: 'rotated',
      from: keyName(op.firstKeys.dpop),
      to: keyName(next),
    });
    expect(await statesOf(op)).toEqual({ [op.firstKeys.dpop]: 'draining', [next]: 'active' });
    expect(op.events.map(({ name }) => name)).toEqual([
      'keys.rotation_started',
      'operator.acted',
      'keys.rotation_published',
      'keys.rotated',
    ]);
  });

  test('the next key is multi-Region and carries the tags that permissions follow', async () => {
    const op = await b.operator();
    await op.rotated();
    const next = await activeOf(op);
    expect(next).toMatch(/:key\/mrk-/);
    const { Tags } = await b.kmsIn(home).send(new ListResourceTagsCommand({ KeyId: next }));
    expect(Tags?.map(({ TagKey }) => TagKey).sort()).toEqual([
      'bff-broker',
      'bff-rotation',
      'bff-use',
    ]);
  });

  test('the next key rests before its first use, and every call says until when', async () => {
    const op = await b.operator();
    const first = await rotateKey(op, { ...asked, settleSeconds: 40 });
    expect(first).toMatchObject({ status: 'waiting', code: 'settling', retryAfterSeconds: 15 });
    expect(await activeOf(op)).toBe(op.firstKeys.dpop);
    b.pass(39);
    expect(await rotateKey(op, { ...asked, settleSeconds: 40 })).toMatchObject({
      status: 'waiting',
    });
    b.pass(1);
    expect(await rotateKey(op, { ...asked, settleSeconds: 40 })).toMatchObject({ code: 'rotated' });
  });

  test('unless it is told otherwise, the next key rests until permissions surely know its tags', async () => {
    const op = await b.operator();
    const outcome = await rotateKey(op, asked);
    const { until } = outcome as { until?: number };
    // https://docs.aws.amazon.com/kms/latest/developerguide/abac.html: up to five minutes.
    expect(Number(until) - Math.floor(b.now() / 1000)).toBe(300);
  });

  test('ES256 to RS256 and back', async () => {
    const op = await b.operator();
    const algs: string[] = [];
    for (const spec of ['RSA_2048', 'ECC_NIST_P256'] as const) {
      await op.rotated({ spec });
      algs.push((await op.signer.key(await activeOf(op))).alg);
    }
    expect(algs).toEqual(['RS256', 'ES256']);
  });

  test('without a spec it takes the one of the configuration', async () => {
    const op = await b.operator({ config: { dpop: { keySpec: 'RSA_2048' } } });
    await op.rotated();
    expect((await op.signer.key(await activeOf(op))).alg).toBe('RS256');
  });

  test('a key that the stack made is used, and no other is made', async () => {
    const op = await b.operator();
    await op.rotated();
    const brought = (await b.operator()).firstKeys.dpop;
    b.kms.calls.reset();
    const outcome = await op.rotated();
    expect(outcome.code).toBe('rotated');
    expect(b.kms.calls.count('CreateKey')).toBe(1);

    const moved = { ...op, firstKeys: { ...op.firstKeys, dpop: brought } };
    b.kms.calls.reset();
    let last = await rotateKey(moved, { ...asked, settleSeconds: 0 });
    expect(last).toMatchObject({ code: 'rotated', to: keyName(brought) });
    expect(b.kms.calls.count('CreateKey')).toBe(0);
    last = await rotateKey(moved, { ...asked, settleSeconds: 0 });
    expect(b.kms.calls.count('CreateKey')).toBe(1);
  });

  test('where no key is active the next one is active at once', async () => {
    const op = await b.operator();
    await disableKeyNow(op, { key: op.firstKeys.dpop, deadlineMs: Number.POSITIVE_INFINITY });
    expect(await rotateKey(op, asked)).toMatchObject({ code: 'rotated' });
  });

  test('a dry run changes nothing', async () => {
    const op = await b.operator();
    b.kms.calls.reset();
    expect(await rotateKey(op, { ...asked, dryRun: true })).toMatchObject({ code: 'dry_run' });
    expect((await op.rings.read('dpop')).version).toBe(0);
    expect(b.kms.calls.count('CreateKey')).toBe(0);
  });

  test('olderThanDays rotates only a key of that age', async () => {
    const op = await b.operator();
    const request = { ...asked, olderThanDays: 90, settleSeconds: 0 };
    expect(await rotateKey(op, request)).toMatchObject({ status: 'done', code: 'not_due' });
    expect((await op.rings.read('dpop')).rotation).toBeUndefined();
    b.pass(91 * 86_400);
    expect(await rotateKey(op, request)).toMatchObject({ code: 'rotated' });
  });

  test.each(['dpop', 'assertion'] as const)(
    'with replicas the next %s key is replicated, and proven there, before it is active',
    async (use) => {
      const op = await b.operator({ config: { dpop: { replicaRegions: [away] } } });
      await op.rotated({ use });
      const next = await activeOf(op, use);
      const there = next.replace(home, away);
      const { PublicKey } = await b.kmsIn(away).send(new GetPublicKeyCommand({ KeyId: there }));
      const { PublicKey: own } = await b.kmsIn(home).send(new GetPublicKeyCommand({ KeyId: next }));
      expect(PublicKey).toEqual(own);
    },
  );
});

describe('rotating the assertion key', () => {
  test('publishes the next key for as long as the server may keep our key set, and then signs with it', async () => {
    const op = await b.operator();
    const request = { ...asked, use: 'assertion' } as const;
    expect(await rotateKey(op, request)).toMatchObject({ status: 'waiting', code: 'publishing' });
    const [first, next] = (await op.rings.read('assertion')).keys;
    expect([first?.state, next?.state]).toEqual(['active', 'pending']);
    b.pass(300 + 30);
    expect(await rotateKey(op, request)).toMatchObject({ code: 'publishing' });
    b.pass(300 - 30);
    expect(await rotateKey(op, request)).toMatchObject({ code: 'rotated' });
    expect(await statesOf(op, 'assertion')).toEqual({
      [first?.id ?? '']: 'draining',
      [next?.id ?? '']: 'active',
    });
  });

  test('is refused where no assertion is ever signed', async () => {
    const op = await b.operator({ config: { clientAuth: 'none' } });
    const outcome = await rotateKey(op, { ...asked, use: 'assertion' });
    expect(outcome).toMatchObject({ status: 'refused', code: 'not_used' });
  });
});

describe('two operators at once', () => {
  test('one wins, and the other is told who, since when, why and what', async () => {
    const op = await b.operator();
    const [ada, bob] = await Promise.all([
      rotateKey(op, { ...asked, driver: 'a', by: 'ada', reason: 'yearly' }),
      rotateKey(op, { ...asked, driver: 'b', by: 'bob', reason: 'yearly' }),
    ]);
    const [won, lost] = ada.status === 'waiting' ? [ada, bob] : [bob, ada];
    expect(won).toMatchObject({ status: 'waiting', code: 'settling' });
    expect(lost).toMatchObject({ status: 'refused', code: 'under_way' });
    expect(lost.message).toMatch(/by (ada|bob) since 20\d\d-\d\d-\d\d \d\d:\d\d UTC \(yearly\)/);
    expect((await op.keysInKms()).length).toBe(3);
  });

  test('an operator who has stopped is succeeded after a minute, or sooner on demand', async () => {
    const op = await b.operator();
    const rests = { ...asked, settleSeconds: 60 };
    await rotateKey(op, { ...rests, driver: 'a' });
    expect(await rotateKey(op, { ...rests, driver: 'b' })).toMatchObject({ code: 'under_way' });
    const taken = await rotateKey(op, { ...rests, driver: 'b', takeOver: true });
    expect(taken).toMatchObject({ status: 'waiting', code: 'settling' });
    expect(await rotateKey(op, { ...rests, driver: 'a' })).toMatchObject({ code: 'under_way' });
    b.pass(61);
    expect(await rotateKey(op, { ...rests, driver: 'a' })).toMatchObject({ code: 'rotated' });
  });

  test('twenty at once make one key', async () => {
    const op = await b.operator();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => rotateKey(op, { ...asked, driver: randomUUID() })),
    );
    expect(outcomes.filter(({ status }) => status === 'waiting')).toHaveLength(1);
    expect((await op.keysInKms()).length).toBe(3);
  });

  test('a call that was repeated while the first still runs makes no second key', async () => {
    const op = await b.operator();
    const outcomes = await Promise.all([rotateKey(op, asked), rotateKey(op, asked)]);
    expect(outcomes.map(({ status }) => status)).toContain('waiting');
    expect((await op.rotated({ ...asked, takeOver: true })).code).toBe('rotated');
    const enabled = (await op.keysInKms()).filter(({ state }) => state === 'enabled');
    expect(enabled).toHaveLength(3);
  });
});

describe('a rotation that fails', () => {
  test('KMS refuses to make a key: nothing is left behind', async () => {
    const op = await b.operator();
    b.kms.faults.failNext({ error: 'LimitExceededException' }, { operation: 'CreateKey' });
    const outcome = await rotateKey(op, asked);
    expect(outcome).toMatchObject({ status: 'failed', code: 'not_made' });
    expect(outcome.message).not.toContain('arn:');
    expect((await op.rings.read('dpop')).rotation).toBeUndefined();
    expect((await op.rotated()).code).toBe('rotated');
  });

  test('KMS made a key but its answer was lost: the key is found, and no second one is made', async () => {
    const op = await b.operator();
    b.kms.faults.failNext('lose_answer', { operation: 'CreateKey' });
    expect(await rotateKey(op, asked)).toMatchObject({ status: 'waiting', code: 'making' });
    expect((await op.rotated(asked)).code).toBe('rotated');
    expect(await op.keysInKms()).toHaveLength(3);
  });

  test('KMS was not reached: a key is made once none is found', async () => {
    const op = await b.operator();
    b.kms.faults.failNext('hang_up', { operation: 'CreateKey' });
    expect((await op.rotated()).code).toBe('rotated');
    expect(await op.keysInKms()).toHaveLength(3);
  });

  test('a new key that is not ready yet is asked again', async () => {
    const op = await b.operator();
    b.kms.faults.failNext({ error: 'NotFoundException' }, { operation: 'GetPublicKey', times: 2 });
    expect(await rotateKey(op, asked)).toMatchObject({
      status: 'waiting',
      code: 'proving',
      message: expect.stringContaining('NotFoundException'),
    });
    expect((await op.rotated(asked)).code).toBe('rotated');
  });

  test('a new key that never signs is given up and disabled, and the old one stays active', async () => {
    const op = await b.operator();
    b.kms.faults.fault = ({ operation }) =>
      operation === 'Sign' ? { error: 'AccessDeniedException' } : undefined;
    expect(await rotateKey(op, asked)).toMatchObject({ status: 'waiting', code: 'proving' });
    b.pass(900);
    expect(await rotateKey(op, asked)).toMatchObject({ status: 'failed', code: 'rolled_back' });
    b.kms.faults.reset();
    expect(await activeOf(op)).toBe(op.firstKeys.dpop);
    const made = (await op.keysInKms()).filter(
      ({ id }) => !Object.values(op.firstKeys).includes(id),
    );
    expect(made).toEqual([{ id: expect.any(String), state: 'disabled' }]);
    expect((await op.rings.read('dpop')).rotation).toBeUndefined();
    expect((await op.rotated()).code).toBe('rotated');
  });

  test('a key that stops signing while it waits does not become active', async () => {
    const op = await b.operator();
    const rests = { ...asked, settleSeconds: 60 };
    await rotateKey(op, rests);
    const next = (await op.rings.read('dpop')).rotation?.key ?? '';
    await b.kmsIn(home).send(new DisableKeyCommand({ KeyId: next }));
    b.pass(60);
    expect(await rotateKey(op, rests)).toMatchObject({ status: 'waiting', code: 'proving' });
    expect(await activeOf(op)).toBe(op.firstKeys.dpop);
  });

  test('cancelling gives it up, whoever drives it', async () => {
    const op = await b.operator();
    await rotateKey(op, asked);
    expect(await cancelRotation(op, { use: 'dpop' })).toMatchObject({ code: 'cancelled' });
    expect(await statesOf(op)).toMatchObject({ [op.firstKeys.dpop]: 'active' });
    expect(Object.values(await statesOf(op))).toEqual(expect.arrayContaining(['disabled']));
    b.pass(60);
    // Its driver comes back, and begins again.
    expect(await rotateKey(op, asked)).toMatchObject({ status: 'waiting', code: 'settling' });
    expect(await cancelRotation(op, { use: 'assertion' })).toMatchObject({ code: 'no_rotation' });
  });
});
