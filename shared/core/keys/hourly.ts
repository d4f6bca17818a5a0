// The scheduled work on the keys: it continues what is under way, begins what is due, finishes what has baked, reports
// the state, and accounts for the signatures. Each run does one step of everything and waits for nothing.
import { secondsNow } from '#core/broker.ts';
import type { KeyUse } from '#core/ports.ts';
import { isUseNeeded, keyUses } from './find-key.ts';
import type { Operator } from './operator.ts';
import { done, type OperatorOutcome } from './outcome.ts';
import { isStuck } from './report.ts';
import { retireKey, whyStillNeeded } from './retire.ts';
import { activeKey, type Ring } from './ring.ts';
import { changeRing } from './ring-writes.ts';
import { ageDays, rotateKey } from './rotation/rotate.ts';
import { accountForSignatures } from './signatures/compare.ts';

export interface HourlyWorkRequest {
  driver: string;
  by: string;
  reason: string;
  /** When it is left out, nothing is rotated automatically, and nothing is ever overdue. */
  everyDays?: number | undefined;
  /** Also retires keys that no session needs any more. */
  retire?: boolean | undefined;
}

/** How long after its due day a rotation counts as overdue. */
const overdueDays = 3;

export async function hourlyWork(
  op: Operator,
  request: HourlyWorkRequest,
): Promise<OperatorOutcome> {
  const did: string[] = [];
  for (const use of keyUses) {
    if (!isUseNeeded(op, use)) continue;
    await rememberBeginning(op, use);
    did.push(...(await rotateIfDue(op, use, request)));
    did.push(...(await finishRetiring(op, use, request)));
    await reportOnKeys(op, use, request.everyDays);
  }
  await accountForSignatures(op);
  return done('tended', did.join(' ') || 'There was nothing to do.');
}

/**
 * Records the first key, so that it stays known even if the next deployment has another first key; and since when
 * signatures are counted: a version before this one did not.
 */
const rememberBeginning = (op: Operator, use: KeyUse): Promise<Ring> =>
  changeRing(op, use, (ring) =>
    ring.countedSince === undefined ? { ...ring, countedSince: secondsNow(op) } : ring,
  );

async function rotateIfDue(
  op: Operator,
  use: KeyUse,
  request: HourlyWorkRequest,
): Promise<string[]> {
  const { rotation } = await op.rings.read(use);
  if (!rotation && request.everyDays === undefined) return [];
  const { code, message } = await rotateKey(op, {
    ...request,
    use,
    olderThanDays: request.everyDays,
  });
  return code === 'not_due' ? [] : [message];
}

async function finishRetiring(
  op: Operator,
  use: KeyUse,
  request: HourlyWorkRequest,
): Promise<string[]> {
  const did: string[] = [];
  for (const key of (await op.rings.read(use)).keys) {
    const goesOn = key.retiringSince !== undefined;
    const begins =
      request.retire && key.state === 'draining' && !(await whyStillNeeded(op, use, key));
    if (!goesOn && !begins) continue;
    const { status, message } = await retireKey(op, { key: key.id });
    if (status !== 'refused') did.push(message);
  }
  return did;
}

async function reportOnKeys(op: Operator, use: KeyUse, everyDays?: number): Promise<void> {
  const ring = await op.rings.read(use);
  const active = activeKey(ring);
  const kms = active === undefined ? undefined : await op.admin.describe(active);
  const age = kms && ageDays(op, kms);
  const census = await Promise.all(
    ring.keys.map(async ({ id, state }) => ({
      state,
      sessions: use === 'dpop' ? (await op.census.onKey(id)).sessions : 0,
    })),
  );
  const sessionsOn = (active: boolean) =>
    census
      .filter(({ state }) => (state === 'active') === active)
      .reduce((sum, { sessions }) => sum + sessions, 0);
  const facts = {
    keys: ring.keys.length,
    ...(age !== undefined && { ageDays: Math.floor(age) }),
  };
  const onKeys = { sessions: sessionsOn(true), drainingSessions: sessionsOn(false) };
  if (use === 'dpop') op.log('keys.dpop.reported', { ...facts, ...onKeys });
  else op.log('keys.assertion.reported', facts);
  if (kms?.state !== 'enabled') op.log('keys.active_unusable', { use });
  if (everyDays !== undefined && age !== undefined && age >= everyDays + overdueDays) {
    op.log('keys.rotation_overdue', { use, ageDays: Math.floor(age) });
  }
  if (ring.rotation && isStuck(op, ring)) {
    const minutes = Math.floor((secondsNow(op) - ring.rotation.stepSince) / 60);
    op.log('keys.rotation_stuck', { use, step: ring.rotation.step, minutes });
  }
}
