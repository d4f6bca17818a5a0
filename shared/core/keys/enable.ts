// Undoes: a disabled key signs again, and a drained one becomes active again.
import { secondsNow } from '#core/broker.ts';
import { findKey, keyName } from './find-key.ts';
import type { Operator } from './operator.ts';
import { done, isOutcome, type OperatorOutcome, refused, waiting } from './outcome.ts';
import { whyNotReady } from './readiness.ts';
import { activeKey, moveKey, type Ring } from './ring.ts';
import { changeRing } from './ring-writes.ts';

export interface EnableKeyRequest {
  key: string;
  dryRun?: boolean | undefined;
}

/** Also enables a key that somebody disabled in KMS itself, and one whose deletion is scheduled. */
export async function enableKey(
  op: Operator,
  { key: wanted, dryRun }: EnableKeyRequest,
): Promise<OperatorOutcome> {
  const found = await findKey(op, wanted);
  if (isOutcome(found)) return found;
  const { id, use } = found;
  const facts = await op.admin.describe(id);
  if (!facts) return refused('deleted', `${keyName(id)} was deleted.`);
  if (dryRun) return done('dry_run', `Would enable ${keyName(id)}. Nothing was changed.`);
  await op.admin.enable(id);
  const why = await whyNotReady(op, id);
  if (why !== undefined) return waiting('enabling', `Enabled, but not ready: ${why}.`, 2);
  const at = secondsNow(op);
  const ring = await changeRing(op, use, (now) => {
    const key = now.keys.find((one) => one.id === id);
    if (key && key.state !== 'disabled') {
      return key.retiringSince === undefined ? now : withoutRetirement(now, id);
    }
    const known = key
      ? now
      : { ...now, keys: [...now.keys, { id, state: 'disabled' as const, since: at }] };
    return moveKey(known, id, activeKey(now) === undefined ? 'active' : 'draining', at);
  });
  op.log('keys.enabled', { use });
  const state = ring.keys.find((one) => one.id === id)?.state ?? 'draining';
  return done('enabled', `${keyName(id)} signs again, and is ${state}.`, { state });
}

/** Its retirement was noted, but nothing else was done yet. */
const withoutRetirement = (ring: Ring, id: string): Ring => ({
  ...ring,
  keys: ring.keys.map((key) => (key.id === id ? { id, state: key.state, since: key.since } : key)),
});

/** Makes a draining key active again, when a rotation turned out to be wrong. */
export async function reactivateKey(
  op: Operator,
  { key: wanted, dryRun }: EnableKeyRequest,
): Promise<OperatorOutcome> {
  const found = await findKey(op, wanted);
  if (isOutcome(found)) return found;
  const { id, use, ring, key } = found;
  if (key?.state === 'active') return done('active', `${keyName(id)} is active.`);
  if (ring.rotation) return refused('under_way', 'A rotation is under way. Cancel it first.');
  if (key?.state !== 'draining' || key.retiringSince !== undefined) {
    return refused('not_draining', `${keyName(id)} is not draining. Enable it first.`);
  }
  const why = await whyNotReady(op, id);
  if (why !== undefined) return refused('not_ready', `${why}.`);
  if (dryRun)
    return done('dry_run', `Would make ${keyName(id)} the active ${use} key. Nothing was changed.`);
  const at = secondsNow(op);
  const changed = await changeRing(op, use, (now) => {
    const fresh = now.keys.find((one) => one.id === id);
    const free = fresh?.state === 'draining' && fresh.retiringSince === undefined && !now.rotation;
    return free ? moveKey(now, id, 'active', at) : now;
  });
  if (activeKey(changed) !== id)
    return refused('busy', 'Somebody else changed the ring. Look again.');
  op.log('keys.activated', { use });
  return done('activated', `${keyName(id)} is the active ${use} key again.`);
}
