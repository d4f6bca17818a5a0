// Rolls a rotation back: the active key stays active, and the new key is retired unused.
import { keyName } from '#core/keys/find-key.ts';
import { KeyAdminError, type Operator } from '#core/keys/operator.ts';
import { done, failed, isOutcome, type OperatorOutcome, refused } from '#core/keys/outcome.ts';
import type { Ring } from '#core/keys/ring.ts';
import type { KeyUse } from '#core/ports.ts';
import { advanceRotation, type RotatingRing, withKeyDiscarded, withoutRotation } from './state.ts';

export async function rollBack(
  op: Operator,
  ring: RotatingRing,
  why: string,
): Promise<OperatorOutcome> {
  const over = await abandonRotation(op, ring);
  if (isOutcome(over)) return over;
  op.log('keys.rotation_rolled_back', { use: ring.use });
  return failed('rolled_back', `The rotation was rolled back: ${why}. The active key stays.`);
}

export async function cancelRotation(
  op: Operator,
  { use, dryRun }: { use: KeyUse; dryRun?: boolean | undefined },
): Promise<OperatorOutcome> {
  const ring = await op.rings.read(use);
  const { rotation } = ring;
  if (!rotation) return refused('no_rotation', `No rotation of the ${use} key is under way.`);
  const made = rotation.key ? ` ${keyName(rotation.key)} would end unused.` : '';
  if (dryRun) return done('dry_run', `Would cancel the rotation.${made} Nothing was changed.`);
  const over = await abandonRotation(op, { ...ring, rotation });
  if (isOutcome(over)) return over;
  op.log('keys.rotation_cancelled', { use });
  return done('cancelled', `The rotation of the ${use} key was cancelled. The active key stays.`);
}

async function abandonRotation(op: Operator, ring: RotatingRing): Promise<Ring | OperatorOutcome> {
  // The stack deletes its own key: it is only left out of the ring.
  const { key: made } = ring.rotation;
  const key = made === op.firstKeys[ring.use] ? undefined : made;
  const over = await advanceRotation(op, ring, (now) =>
    withoutRotation(key === undefined ? withoutKey(now, made) : withKeyDiscarded(op)(now, key)),
  );
  if (!isOutcome(over) && key !== undefined) {
    // If KMS cannot be reached now, retire or the schedule disables the key later.
    await op.admin.disable(key).catch(onlyKmsMayFail);
  }
  return over;
}

const withoutKey = <R extends Ring>(ring: R, id: string | undefined): R => ({
  ...ring,
  keys: ring.keys.filter((key) => key.id !== id),
});

function onlyKmsMayFail(error: unknown): void {
  if (!(error instanceof KeyAdminError)) throw error;
}
