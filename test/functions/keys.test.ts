import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keyName } from '#core/keys/find-key.ts';
import { type Bench, bench, type TestOperator } from '#test/core/keys/operator-for-tests.ts';
import { keys } from '../../functions/keys.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterEach(() => {
  b.kms.faults.reset();
  b.dynamodb.faults.reset();
});
afterAll(() => b.close());

const remainingMs = 300_000;
const ask = (op: TestOperator, event: unknown, lambdaMs = remainingMs) =>
  keys({ env: op, deadline: op.clock.now() + lambdaMs, log: op.log }, event);
const audits = (op: TestOperator) =>
  op.events.filter(({ name }) => name === 'operator.acted').map(({ fields }) => fields);

test('every action is an event with who, what and why', async () => {
  const op = await b.operator();
  await ask(op, { action: 'list', actor: 'ada', reason: 'looking around' });
  await ask(op, {
    action: 'disable',
    key: op.firstKeys.dpop,
    now: true,
    actor: 'ada',
    reason: 'leaked',
  });
  await ask(op, {
    action: 'revoke',
    whose: { user: 'bob@example.com' },
    actor: 'ada',
    reason: 'hr',
  });
  expect(audits(op)).toEqual([
    { action: 'list', actor: 'ada', reason: 'looking around', outcome: 'done', code: 'listed' },
    {
      action: 'disable',
      actor: 'ada',
      reason: 'leaked',
      outcome: 'done',
      code: 'disabled',
      key: keyName(op.firstKeys.dpop),
    },
    {
      action: 'revoke',
      actor: 'ada',
      reason: 'hr',
      outcome: 'done',
      code: 'revoked',
      whose: 'user',
    },
  ]);
  expect(JSON.stringify(op.events)).not.toMatch(/arn:|bob/);
});

test('a refusal is an event as well', async () => {
  const op = await b.operator();
  await ask(op, { action: 'retire', key: op.firstKeys.dpop });
  expect(audits(op)).toEqual([
    expect.objectContaining({ action: 'retire', outcome: 'refused', code: 'active' }),
  ]);
});

test('a rotation has an event when it begins, when somebody else goes on with it, and when it ends', async () => {
  const op = await b.operator();
  const rotate = (actor: string, more: object = {}) =>
    ask(op, { action: 'rotate', driver: actor, actor, reason: `${actor}’s`, ...more });
  const told = () => audits(op).map(({ actor, reason, code }) => [actor, reason, code]);
  await rotate('ada');
  // The call is on record even if nobody asks again, and asking again adds no event.
  expect(told()).toEqual([['ada', 'ada’s', 'begun']]);
  await rotate('ada');
  await rotate('grace');
  await rotate('grace', { takeOver: true });
  b.pass(300);
  await rotate('grace');
  expect(told().slice(1)).toEqual([
    ['grace', 'grace’s', 'under_way'],
    ['grace', 'grace’s', 'taken_over'],
    ['grace', 'grace’s', 'rotated'],
  ]);
});

test('a kill switch that needs several calls has an event for each', async () => {
  const op = await b.operator();
  for (let n = 0; n < 20; n++) await op.session(op.firstKeys.dpop);
  const outOfTime = 0;
  const event = { action: 'disable', key: op.firstKeys.dpop, now: true, actor: 'ada' };
  expect(await ask(op, event, outOfTime)).toMatchObject({ status: 'waiting' });
  await ask(op, event);
  expect(audits(op).map(({ actor, code }) => [actor, code])).toEqual([
    ['ada', 'ending'],
    ['ada', 'disabled'],
  ]);
});

test.each([
  ['no action', {}, /action/],
  ['an unknown action', { action: 'explode' }, /action/],
  ['an unknown field', { action: 'list', force: true }, /unknown field force/],
  ['a key that is not named', { action: 'retire' }, /key/],
  ['disable without now', { action: 'disable', key: 'mrk-12345678' }, /now/],
  [
    'a wait of days',
    { action: 'rotate', settleSeconds: 90_000 },
    /settleSeconds: must be a whole number from 0 to 86400$/,
  ],
  [
    'a window that KMS has not',
    { action: 'retire', key: 'mrk-12345678', windowDays: 31 },
    /windowDays: must be a whole number from 7 to 30$/,
  ],
  ['a reason of two lines', { action: 'list', reason: 'a\nb' }, /reason: must be 1 to 200/],
  ['nobody’s sessions', { action: 'revoke', whose: {} }, /whose/],
  ['no event at all', undefined, /event/],
])('%s is refused before anything is asked', async (_, event, sentence) => {
  const op = await b.operator();
  const untouched = new Proxy(op, {
    get() {
      throw new Error('was asked');
    },
  });
  const outcome = await keys({ env: untouched, deadline: 0, log: op.log }, event);
  expect(outcome).toMatchObject({ status: 'refused', code: 'bad_request' });
  expect(outcome.message).toMatch(sentence);
  expect(op.events).toEqual([]);
});

test('a table or KMS that does not answer is a failure in our words, without an ARN', async () => {
  const op = await b.operator();
  b.dynamodb.faults.fault = () => ({ error: 'AccessDeniedException', message: 'arn:aws:x' });
  expect(await ask(op, { action: 'status' })).toEqual({
    status: 'failed',
    code: 'store_unavailable',
    message: 'DynamoDB GetItem failed: AccessDeniedException.',
  });
  b.dynamodb.faults.reset();
  b.kms.faults.fault = () => ({ error: 'AccessDeniedException', message: 'arn:aws:x' });
  expect(await ask(op, { action: 'status' })).toEqual({
    status: 'failed',
    code: 'kms_failed',
    message: 'KMS DescribeKey failed: AccessDeniedException.',
  });
});

test('a schedule tends the keys', async () => {
  const op = await b.operator();
  b.pass(100 * 86_400);
  const event = { action: 'tend', everyDays: 90, actor: 'schedule', reason: 'schedule' };
  expect(await ask(op, event)).toMatchObject({ status: 'done', code: 'tended' });
  expect((await op.rings.read('dpop')).rotation?.by).toBe('schedule');
});
