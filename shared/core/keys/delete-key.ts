// Deletes a disabled key: KMS is told to delete it after its bake time, and the ring forgets it once it is gone.
import { secondsNow } from '#core/broker.ts';
import type { KeyUse } from '#core/ports.ts';
import { keyName } from './find-key.ts';
import { KeyAdminError, type Operator } from './operator.ts';
import { done, failed, type OperatorOutcome, refused, utc } from './outcome.ts';
import type { Ring, RingKey } from './ring.ts';
import { changeRing } from './ring-writes.ts';

export interface DeleteKeyRequest {
  bakeDays?: number | undefined;
  windowDays?: number | undefined;
  dryRun?: boolean | undefined;
}

const day = 86_400;
/** The time for which the key policy protects a key that has signed. */
export const defaultBakeDays = 7;
const defaultWindowDays = 30;

export async function deleteKey(
  op: Operator,
  use: KeyUse,
  key: RingKey,
  { bakeDays = defaultBakeDays, windowDays = defaultWindowDays, dryRun }: DeleteKeyRequest,
): Promise<OperatorOutcome> {
  const { id } = key;
  const now = secondsNow(op);
  const facts = await op.admin.describe(id);
  if (!facts) {
    await changeRing(op, use, (ring) => ({ ...ring, keys: ring.keys.filter((k) => k.id !== id) }));
    return done('deleted', `${keyName(id)} is gone.`);
  }
  if (facts.deletionAt !== undefined) return recordDeletion(op, use, id, facts.deletionAt);
  const bakedAt = key.bakedAt ?? key.since + Math.round(bakeDays * day);
  const isNew = key.bakedAt === undefined;
  if (isNew && !dryRun) {
    await changeRing(op, use, (ring) => withKeyMarked(ring, id, { retiringSince: now, bakedAt }));
  }
  if (now < bakedAt)
    return isNew ? retirementBegins(id, bakedAt, dryRun) : stillBaking(id, bakedAt);
  if (dryRun) {
    return done(
      'dry_run',
      `Would have KMS delete ${keyName(id)} in ${windowDays} days. Nothing was changed.`,
    );
  }
  try {
    // KMS may still have it enabled, if the run that rolled its rotation back died.
    if (facts.state === 'enabled') await op.admin.disable(id);
    const deletionAt = await op.admin.scheduleDeletion(id, windowDays);
    op.log('keys.deletion_scheduled', { use });
    return await recordDeletion(op, use, id, deletionAt);
  } catch (error) {
    return kmsRefused(error);
  }
}

/** It was disabled before; now its retirement begins. */
function retirementBegins(
  id: string,
  bakedAt: number,
  dryRun: boolean | undefined,
): OperatorOutcome {
  return dryRun
    ? done('dry_run', `Would retire ${keyName(id)}, which is disabled. Nothing was changed.`)
    : done(
        'retiring',
        `${keyName(id)} was disabled already and is now retiring. From ${utc(bakedAt)} on, retiring it again ` +
          'deletes it; until then, enabling it undoes this.',
        { bakedAt },
      );
}

const stillBaking = (id: string, until: number): OperatorOutcome =>
  refused('baking', `${keyName(id)} is retiring, and may be deleted from ${utc(until)} on.`, {
    until,
  });

async function recordDeletion(
  op: Operator,
  use: KeyUse,
  id: string,
  deletionAt: number,
): Promise<OperatorOutcome> {
  await changeRing(op, use, (ring) => withKeyMarked(ring, id, { deletionAt }));
  const message = `KMS deletes ${keyName(id)} on ${utc(deletionAt)}. Until then enabling it undoes this.`;
  return done('deletion_scheduled', message, { deletionAt });
}

/** Returns the same ring when nothing changes, so that nothing is written. */
function withKeyMarked(ring: Ring, id: string, marks: Partial<RingKey>): Ring {
  const names = Object.keys(marks) as (keyof RingKey)[];
  const changes = (key: RingKey) =>
    key.id === id && names.some((name) => key[name] !== marks[name]);
  return ring.keys.some(changes)
    ? { ...ring, keys: ring.keys.map((key) => (changes(key) ? { ...key, ...marks } : key)) }
    : ring;
}

/** The key policy protects a key that has signed within a week: KMS then answers AccessDenied. */
export function kmsRefused(error: unknown): OperatorOutcome {
  if (!(error instanceof KeyAdminError)) throw error;
  const guarded = error.cause instanceof Error && error.cause.name === 'AccessDeniedException';
  const why = guarded ? ' Its policy protects it for a week after its last signature.' : '';
  return failed('kms_failed', `${error.message}.${why} Nothing is lost: run it again later.`);
}
