import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operator } from '#core/keys/operator.ts';
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import { activeKey } from '#core/keys/ring.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import type { KeyUse } from '#core/ports.ts';
import { Crash, dying, type When } from '#test/core/keys/crashes.ts';
import { type Bench, bench, type TestOperator } from '#test/core/keys/operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterAll(() => b.close());

/** Until it is over, or somebody dies. */
async function drive(op: Operator, use: KeyUse): Promise<OperatorOutcome> {
  const driver = randomUUID();
  for (;;) {
    const outcome = await rotateKey(op, {
      use,
      driver,
      by: 'ada',
      reason: 'test',
      settleSeconds: 20,
      publishSeconds: 20,
    });
    if (outcome.status !== 'waiting') return outcome;
    b.pass(outcome.retryAfterSeconds ?? 1);
  }
}

const isCrash = (error: unknown): 'crashed' => {
  if (error instanceof Crash) return 'crashed';
  throw error;
};

async function expectWhole(op: TestOperator, use: KeyUse): Promise<void> {
  const ring = await op.rings.read(use);
  const first = op.firstKeys[use];
  const next = activeKey(ring) ?? '';
  expect(ring.rotation).toBeUndefined();
  expect(next).not.toBe(first);
  expect(ring.keys.map(({ id, state }) => [id, state]).sort()).toEqual(
    [
      [first, 'draining'],
      [next, 'active'],
    ].sort(),
  );
  // Nothing was made and forgotten.
  const made = (await op.keysInKms()).map(({ id }) => id).sort();
  expect(made).toEqual([op.firstKeys.dpop, op.firstKeys.assertion, next].sort());
}

for (const use of ['dpop', 'assertion'] as const) {
  for (const when of ['before', 'after'] as const satisfies When[]) {
    test(`a run that dies ${when} any call of a ${use} rotation is completed by the next one, with one key`, async () => {
      let survived = false;
      for (let at = 1; !survived; at++) {
        const op = await b.operator();
        const mortal = dying(op, { at, when });
        const end = await drive(mortal, use).catch(isCrash);
        survived = end !== 'crashed';
        // Whoever died held it for a minute.
        b.pass(61);
        const { code } = survived ? (end as OperatorOutcome) : await drive(op, use);
        expect([at, code]).toEqual([at, 'rotated']);
        // The last write may have been done: then another key follows, and no harm is done.
        const again = !survived && (await op.rings.read(use)).keys.length === 3;
        if (!again) await expectWhole(op, use);
        expect(at).toBeLessThan(50);
      }
    });
  }
}
