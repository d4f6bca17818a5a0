// Retires a key that nobody needs any more. It is disabled first, and deleted only after a bake time in which disabling
// can still be undone. Each run goes as far as it may, and the next one continues from there.
//
//   draining -> (no live session is left) -> disabled -> (bake time) -> deletion scheduled
import { secondsNow } from '#core/broker.ts';
import type { KeyUse } from '#core/ports.ts';
import { defaultBakeDays, deleteKey, kmsRefused } from './delete-key.ts';
import { findKey, keyName } from './find-key.ts';
import type { Operator } from './operator.ts';
import { counted, done, isOutcome, type OperatorOutcome, refused, utc } from './outcome.ts';
import { moveKey, type Ring, type RingKey } from './ring.ts';
import { changeRing } from './ring-writes.ts';

export interface RetireRequest {
  key: string;
  /** The time between disabling and scheduling the deletion. */
  bakeDays?: number | undefined;
  /** KMS's own waiting period: 7 to 30. */
  windowDays?: number | undefined;
  dryRun?: boolean | undefined;
}

const day = 86_400;
/**
 * A sign-in that began with the key may still end (10 minutes), an assertion may still be used (2 minutes), and an
 * environment learns of the change late (half a minute).
 */
const afterglowSeconds = 12 * 60;
export const restsUntil = ({ since }: Pick<RingKey, 'since'>): number => since + afterglowSeconds;

export async function retireKey(op: Operator, request: RetireRequest): Promise<OperatorOutcome> {
  const found = await findKey(op, request.key);
  if (isOutcome(found)) return found;
  const { id, use, ring } = found;
  // A key that no ring knows counts as disabled once KMS has disabled it.
  const key = found.key ?? strayKey(op, id);
  switch (key.state) {
    case 'active':
      return refused('active', `${keyName(id)} is the active ${use} key. Rotate it first.`);
    case 'pending':
      return refused(
        'pending',
        `${keyName(id)} is about to become active. Cancel its rotation first.`,
      );
    case 'draining':
      return (await whyStillNeeded(op, use, key)) ?? disableRetired(op, ring, key, request);
    case 'disabled':
      return (
        (await whyStillNeeded(op, use, { ...key, since: 0 })) ??
        (found.key ? deleteKey(op, use, key, request) : disableRetired(op, ring, key, request))
      );
  }
}

const strayKey = (op: Operator, id: string): RingKey => ({
  id,
  state: 'disabled',
  since: secondsNow(op),
});

/** Returns why the key cannot be retired now. */
export async function whyStillNeeded(
  op: Pick<Operator, 'census' | 'sessions' | 'clock'>,
  use: KeyUse,
  key: Pick<RingKey, 'id' | 'since'>,
): Promise<OperatorOutcome | undefined> {
  const { id } = key;
  const rested = restsUntil(key);
  if (secondsNow(op) < rested) {
    const what = use === 'dpop' ? 'Sign-ins that began with' : 'Assertions signed by';
    const message = `${what} ${keyName(id)} may still be under way until ${utc(rested)}.`;
    return refused('draining_recently', message, { until: rested });
  }
  if (use !== 'dpop') return undefined;
  const { sessions, lastEnd } = await op.census.onKey(id);
  // Only reading them tells whether each of them has been idle for too long.
  if (sessions === 0 || !(await anyLive(op, id))) return undefined;
  return refused(
    'sessions',
    `${counted(sessions, 'session')} at most may still be signed by ${keyName(id)}, ` +
      `the last until ${utc(lastEnd ?? 0)} at most.`,
    { sessions, ...(lastEnd !== undefined && { until: lastEnd }) },
  );
}

async function anyLive({ sessions }: Pick<Operator, 'sessions'>, id: string): Promise<boolean> {
  for await (const _live of sessions.find('key', id)) return true;
  return false;
}

async function disableRetired(
  op: Operator,
  { use }: Ring,
  { id, state }: RingKey,
  { bakeDays = defaultBakeDays, dryRun }: RetireRequest,
): Promise<OperatorOutcome> {
  if (dryRun) {
    return done('dry_run', `Nothing needs ${keyName(id)}. Would disable it. Nothing was changed.`);
  }
  const now = secondsNow(op);
  // The retirement is noted first: from here on nobody makes the key active again.
  const { keys } = await changeRing(op, use, (ring) => withRetirementNoted(ring, id, state, now));
  if (keys.find((key) => key.id === id)?.retiringSince === undefined) {
    return refused('busy', `Somebody else just changed ${keyName(id)}. Look again.`);
  }
  try {
    await op.admin.disable(id);
  } catch (error) {
    return kmsRefused(error);
  }
  const bakedAt = now + Math.round(bakeDays * day);
  await changeRing(op, use, (ring) => withKeyDisabled(ring, id, now, bakedAt));
  op.log('keys.retired', { use });
  return done(
    'retired',
    `${keyName(id)} is disabled. From ${utc(bakedAt)} on, retiring it again deletes it; ` +
      'until then, enabling it undoes this.',
    { bakedAt },
  );
}

function withRetirementNoted(ring: Ring, id: string, state: RingKey['state'], at: number): Ring {
  const known = ring.keys.find((key) => key.id === id);
  if (known?.retiringSince !== undefined) return ring;
  if (known && known.state !== state) return ring;
  const others = ring.keys.filter((key) => key.id !== id);
  const key = known ?? { id, state: 'disabled' as const, since: at };
  return { ...ring, keys: [...others, { ...key, retiringSince: at }] };
}

function withKeyDisabled(ring: Ring, id: string, at: number, bakedAt: number): Ring {
  const known = ring.keys.find((key) => key.id === id);
  const moved = known?.state === 'draining' ? moveKey(ring, id, 'disabled', at) : ring;
  return {
    ...moved,
    keys: moved.keys.map((key) =>
      key.id === id ? { ...key, retiringSince: known?.retiringSince ?? at, bakedAt } : key,
    ),
  };
}
