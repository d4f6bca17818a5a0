// Rotates a key. KMS does not rotate asymmetric keys: a new one is made, proven and published, and then takes over for
// everything new, while the old one drains. Each step is in the ring before the next begins, so that anybody can
// continue after a crash. Nothing here waits: a rotation that must wait says for how long, and its driver asks again.
//
//   planned -> making -> proving -> published -> (the new key is active, the old one drains)
//                          └─ never signs ─> rolled back
import { secondsNow } from '#core/broker.ts';
import { isUseNeeded, keyName } from '#core/keys/find-key.ts';
import type { Operator } from '#core/keys/operator.ts';
import { done, isOutcome, type OperatorOutcome, refused, utc } from '#core/keys/outcome.ts';
import { activeKey, type Ring, type Rotation } from '#core/keys/ring.ts';
import { base64url } from '#core/lib/encoding.ts';
import { plain } from '#core/lib/plain.ts';
import type { KeyUse } from '#core/ports.ts';
import {
  type RotateRequest,
  type RotatingRing,
  type RotationFacts,
  rotationFacts,
  stepsInWords,
} from './state.ts';
import { steps } from './steps.ts';

const holdSeconds = 60;
const attempts = 5;

export async function rotateKey(op: Operator, request: RotateRequest): Promise<OperatorOutcome> {
  if (!isUseNeeded(op, request.use)) {
    return refused('not_used', `No assertion is signed with clientAuth ${op.config.clientAuth}.`);
  }
  const begun = await beginOrContinue(op, request);
  if (isOutcome(begun)) return begun;
  for (let ring = begun; ; ) {
    const next = await steps[ring.rotation.step](op, ring, request);
    if (isOutcome(next)) return next;
    ring = next;
  }
}

/** Takes the rotation that is under way, or starts one. When two try at once, one gets it. */
async function beginOrContinue(
  op: Operator,
  request: RotateRequest,
): Promise<RotatingRing | OperatorOutcome> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const ring = await op.rings.read(request.use);
    const now = secondsNow(op);
    const { rotation: current } = ring;
    if (current && isHeldByOther(current, request, now))
      return heldByOther(current, request.use, now);
    // Somebody may have cancelled or finished the rotation meanwhile: then this driver would start another one.
    if (!current && request.turn === 'later') return endedByOthers(request.use);
    const rotation = current ?? (await planRotation(op, ring, request));
    if (isOutcome(rotation)) return rotation;
    if (request.dryRun) return wouldRotate(ring, rotation, current !== undefined);
    const { driver } = request;
    const next = { ...ring, rotation: { ...rotation, driver, heldUntil: now + holdSeconds } };
    if (await op.rings.replace(next)) {
      if (!current) op.log('keys.rotation_started', { use: ring.use });
      if (current?.driver !== driver) recordDriver(op, request, current ? 'taken_over' : 'begun');
      return { ...next, version: next.version + 1 };
    }
  }
  return refused('busy', 'Somebody else is changing the ring. Try again.');
}

/** Records who and why, as functions/keys.ts does for a finished action: this driver may never see the end. */
function recordDriver(
  op: Operator,
  { use, by, reason }: RotateRequest,
  code: 'begun' | 'taken_over',
): void {
  op.log('operator.acted', {
    action: 'rotate',
    actor: plain(by),
    reason: plain(reason),
    outcome: 'waiting',
    code: plain(code),
    use,
  });
}

const isHeldByOther = (rotation: Rotation, request: RotateRequest, now: number): boolean =>
  rotation.driver !== request.driver &&
  now < rotation.heldUntil &&
  !request.takeOver &&
  !isLeftBehind(rotation, request);

/** The rotation of a stopped command: the person who started it need not wait for themselves. */
const isLeftBehind = (rotation: Rotation, { turn, by }: RotateRequest): boolean =>
  turn === 'first' && by === rotation.by && by !== 'unknown';

const endedByOthers = (use: KeyUse): OperatorOutcome =>
  refused(
    'moved_on',
    `Somebody else ended the rotation of the ${use} key. Look at the list of keys.`,
  );

async function planRotation(
  op: Operator,
  ring: Ring,
  { use, spec, by, reason, olderThanDays }: RotateRequest,
): Promise<Rotation | OperatorOutcome> {
  const now = secondsNow(op);
  if (olderThanDays !== undefined) {
    const active = activeKey(ring);
    const facts = active === undefined ? undefined : await op.admin.describe(active);
    const days = facts ? ageDays(op, facts) : Number.POSITIVE_INFINITY;
    if (days < olderThanDays) {
      const message = `The active ${use} key is ${Math.floor(days)} days old, not yet ${olderThanDays}.`;
      return done('not_due', message, { ageDays: days });
    }
  }
  return {
    id: base64url(op.random(9)),
    step: 'planned',
    stepSince: now,
    spec: spec ?? (use === 'dpop' ? op.config.dpop.keySpec : 'ECC_NIST_P256'),
    startedAt: now,
    by,
    reason,
    driver: '',
    heldUntil: 0,
  };
}

export const ageDays = (
  op: Pick<Operator, 'clock'>,
  { createdAt }: { createdAt: number },
): number => (secondsNow(op) - createdAt) / 86_400;

function heldByOther(
  rotation: Rotation,
  use: KeyUse,
  now: number,
): OperatorOutcome<{ rotation: RotationFacts }> {
  const { by, startedAt, reason, heldUntil, step } = rotation;
  return refused(
    'under_way',
    `A rotation of the ${use} key is under way: by ${by} since ${utc(startedAt)} (${reason}), ` +
      `${stepsInWords[step]}. Unless they continue, anybody can take it over in ${heldUntil - now} s, ` +
      'or at once with --take-over.',
    { rotation: rotationFacts(use, rotation) },
  );
}

function wouldRotate(ring: Ring, { spec, step }: Rotation, goesOn: boolean): OperatorOutcome {
  const active = activeKey(ring);
  const change = `${active ? keyName(active) : 'no active key'} -> a new ${spec} key`;
  return done(
    'dry_run',
    goesOn
      ? `Would continue the rotation under way (${stepsInWords[step]}). Nothing was changed.`
      : `Would rotate the ${ring.use} key: ${change}. Nothing was changed.`,
  );
}
