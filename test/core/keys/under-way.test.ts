import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enableKey } from '#core/keys/enable.ts';
import { disableKeyNow } from '#core/keys/kill-switch.ts';
import type { Operator } from '#core/keys/operator.ts';
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import { retireKey } from '#core/keys/retire.ts';
import { activeKey } from '#core/keys/ring.ts';
import { cancelRotation } from '#core/keys/rotation/roll-back.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import { endSessionsOf } from '#core/keys/sessions.ts';
import { underWayIn } from '#test/support/under-way.ts';
import { type Bench, bench } from './operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterAll(() => b.close());

const week = 7 * 86_400;

test.each(['disable', 'scheduleDeletion', 'markSignedOut', 'end'])(
  'when the operator function answers, nothing that it began is under way: Lambda stops it there (%s)',
  async (slow) => {
    const first = await b.operator();
    const names = ['rings', 'admin', 'signer', 'sessions', 'census', 'marks'] as const;
    const { ports, underWay } = underWayIn(first as Operator, names, slow);
    const codes: string[] = [];
    const did = async (action: (op: Operator) => Promise<OperatorOutcome>): Promise<void> => {
      const { code } = await action(ports);
      codes.push(code);
      expect([code, underWay()]).toEqual([code, 0]);
    };
    const rotate = { use: 'dpop', driver: randomUUID(), by: 'ada', reason: 'test' } as const;
    const made = async () => (await first.rings.read('dpop')).rotation?.key ?? '';

    await did((op) => rotateKey(op, rotate));
    const unused = await made();
    await did((op) => cancelRotation(op, { use: 'dpop' }));
    expect((await first.admin.describe(unused))?.state).toBe('disabled');
    await did((op) => retireKey(op, { key: unused }));

    await first.rotated();
    const old = first.firstKeys.dpop;
    await first.session(old, { seconds: 60 });
    b.pass(3600);
    await did((op) => retireKey(op, { key: old }));
    b.pass(week);
    await did((op) => retireKey(op, { key: old }));
    await did((op) => enableKey(op, { key: old }));

    const active = activeKey(await first.rings.read('dpop')) ?? '';
    await first.session(active);
    await did((op) => endSessionsOf(op, { whose: { user: 'ada' }, deadlineMs: Infinity }));
    await did((op) => disableKeyNow(op, { key: active, deadlineMs: Infinity }));
    expect(codes).toEqual([
      'settling',
      'cancelled',
      'deletion_scheduled',
      'retired',
      'deletion_scheduled',
      'enabled',
      'revoked',
      'disabled',
    ]);
  },
);
