// The state of a rotation in the ring, and how it changes: only while it is still the same rotation, at the same step,
// with the same driver.
import { secondsNow } from '#core/broker.ts';
import { keyName } from '#core/keys/find-key.ts';
import type { KeySpec, Operator } from '#core/keys/operator.ts';
import { type OperatorOutcome, refused } from '#core/keys/outcome.ts';
import { moveKey, type Ring, type Rotation, type RotationStep } from '#core/keys/ring.ts';
import type { KeyUse } from '#core/ports.ts';

export interface RotateRequest {
  use: KeyUse;
  /** When it is left out, the configuration decides. */
  spec?: KeySpec | undefined;
  /** Names one run of a command. It holds the rotation from call to call, for a minute each. */
  driver: string;
  by: string;
  reason: string;
  /**
   * The first call of a command begins a rotation, or continues one that the same person left behind; later calls only
   * continue. When it is left out, any call may begin, and nobody is recognised.
   */
  turn?: 'first' | 'later' | undefined;
  /** Continues a rotation that somebody else holds. */
  takeOver?: boolean | undefined;
  /** Rotates only when the active key is older than this. */
  olderThanDays?: number | undefined;
  /** How long a new DPoP key waits before its first use, so that all of KMS knows it. */
  settleSeconds?: number | undefined;
  /** How long a new assertion key is published before it signs: longer than the server caches our key set. */
  publishSeconds?: number | undefined;
  dryRun?: boolean | undefined;
}

export type RotatingRing = Ring & { rotation: Rotation };

const attempts = 8;

/** Others may change something else in the ring meanwhile: then `change` runs again on their result. */
export async function advanceRotation<R extends Ring>(
  { rings }: Pick<Operator, 'rings'>,
  from: RotatingRing,
  change: (ring: RotatingRing) => R,
): Promise<R | OperatorOutcome> {
  let ring: RotatingRing = from;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const next = change(ring);
    if (await rings.replace(next)) return { ...next, version: next.version + 1 };
    const fresh = await rings.read(from.use);
    if (!isSame(fresh.rotation, from.rotation)) break;
    ring = { ...fresh, rotation: fresh.rotation };
  }
  return refused(
    'moved_on',
    `Somebody else went on with the rotation of the ${from.use} key, or ended it.`,
  );
}

const isSame = (now: Rotation | undefined, { id, step, driver }: Rotation): now is Rotation =>
  now?.id === id && now.step === step && now.driver === driver;

/** Moves to the next step, which begins now. */
export const atStep =
  (op: Pick<Operator, 'clock'>, step: RotationStep, more: { key?: string } = {}) =>
  (ring: RotatingRing): RotatingRing => ({
    ...ring,
    rotation: { ...ring.rotation, step, stepSince: secondsNow(op), ...more },
  });

export function withoutRotation<R extends Ring>({ rotation: _over, ...ring }: R) {
  return ring;
}

/** Nothing was ever bound to this key: it is disabled, and deleted as soon as KMS allows it (retire.ts). */
export const withKeyDiscarded =
  (op: Pick<Operator, 'clock'>) =>
  <R extends Ring>(ring: R, id: string): R => {
    const at = secondsNow(op);
    const known = ring.keys.some((key) => key.id === id);
    const { keys } = known ? moveKey(ring, id, 'disabled', at) : ring;
    const others = keys.filter((key) => key.id !== id);
    const ended = { id, state: 'disabled', since: at, retiringSince: at, bakedAt: at } as const;
    return { ...ring, keys: [...others, ended] };
  };

export const stepsInWords: Record<RotationStep, string> = {
  planned: 'about to make the next key',
  making: 'making the next key',
  proving: 'waiting for the next key to sign',
  published: 'the next key waits for its turn',
};

/** The part that is shown. */
export const rotationFacts = (use: KeyUse, { driver: _driver, key, ...rotation }: Rotation) => ({
  use,
  ...rotation,
  ...(key !== undefined && { key: keyName(key) }),
});

export type RotationFacts = ReturnType<typeof rotationFacts>;
