// The key ring: which keys a use has, and which moves a key may make. Rings are values. Storing one compares versions,
// so that two operators at the same time cannot both win.
import type { KeyState, KeyUse } from '#core/ports.ts';

export interface RingKey {
  /** The key's ARN, in KMS. */
  id: string;
  state: KeyState;
  /** Epoch seconds of its last change of state. */
  since: number;
  /** The state before it was disabled, so that disabling can be undone. */
  was?: KeyState;
  /** Retiring (keys/retire.ts), in epoch seconds: when it began, when the key may be deleted, when it will be. */
  retiringSince?: number;
  bakedAt?: number;
  deletionAt?: number;
}

/** A rotation under way (keys/rotation/rotate.ts). Times are epoch seconds. */
export interface Rotation {
  /** The new key carries this tag. */
  id: string;
  step: RotationStep;
  stepSince: number;
  /** The new key, once it exists. */
  key?: string;
  spec: 'ECC_NIST_P256' | 'RSA_2048';
  startedAt: number;
  by: string;
  reason: string;
  /** The person whose command drives the rotation, and the time until which nobody else may. */
  driver: string;
  heldUntil: number;
}

export type RotationStep = (typeof rotationSteps)[number];

/** `making`: KMS was asked for a key. `proving`: the key exists. `published`: it signs, and waits for its turn. */
export const rotationSteps = ['planned', 'making', 'proving', 'published'] as const;

export interface Ring {
  use: KeyUse;
  /** 0: the ring was never stored, and only the first key is known. */
  version: number;
  keys: readonly RingKey[];
  rotation?: Rotation;
  /** Since when its signatures are counted (keys/signatures), in epoch seconds. */
  countedSince?: number;
}

/** Where rings are kept. */
export interface RingStore {
  /** A consistent read. A ring that was never stored has the first key as its active one. */
  read(use: KeyUse): Promise<Ring>;
  /** Returns true when it replaced the version that it was made from. The new version is version + 1. */
  replace(next: Ring): Promise<boolean>;
}

/** The states that may follow each state. A pending key that never signed is simply forgotten. */
export const transitions: Record<KeyState, readonly KeyState[]> = {
  pending: ['active', 'disabled'],
  active: ['draining', 'disabled'],
  // Back to active: a rotation is rolled back.
  draining: ['active', 'disabled'],
  // Disabling is undone.
  disabled: ['draining', 'active'],
};

export const firstRing = (use: KeyUse, id: string): Ring => ({
  use,
  version: 0,
  keys: [{ id, state: 'active', since: 0 }],
});

export const activeKey = (ring: Ring): string | undefined =>
  ring.keys.find((key) => key.state === 'active')?.id;

/** The active key, the next one and those that signed before, but never a disabled one. */
export const publishedKeys = (ring: Ring): string[] =>
  (['active', 'pending', 'draining'] as const).flatMap((state) =>
    ring.keys.filter((key) => key.state === state).map((key) => key.id),
  );

export function addKey<R extends Ring>(ring: R, id: string, at: number): R {
  if (ring.keys.some((key) => key.id === id))
    throw new RangeError('the key is in the ring already');
  return { ...ring, keys: [...ring.keys, { id, state: 'pending', since: at }] };
}

/** At most one key is active: the previous one starts draining in the same step. */
export function moveKey<R extends Ring>(ring: R, id: string, state: KeyState, at: number): R {
  const before = keyOf(ring, id);
  if (!transitions[before.state].includes(state)) {
    throw new RangeError(`a key that is ${before.state} cannot become ${state}`);
  }
  const moved = (key: RingKey): RingKey => {
    if (key.id === id) {
      return { id, state, since: at, ...(state === 'disabled' && { was: before.state }) };
    }
    const replaced = state === 'active' && key.state === 'active';
    return replaced ? { id: key.id, state: 'draining', since: at } : key;
  };
  return { ...ring, keys: ring.keys.map(moved) };
}

/** Removes a key that signs nothing: a pending or a disabled one. */
export function forgetKey<R extends Ring>(ring: R, id: string): R {
  const { state } = keyOf(ring, id);
  if (state !== 'pending' && state !== 'disabled') {
    throw new RangeError(`a key that is ${state} cannot be forgotten`);
  }
  return { ...ring, keys: ring.keys.filter((key) => key.id !== id) };
}

function keyOf(ring: Ring, id: string): RingKey {
  const found = ring.keys.find((key) => key.id === id);
  if (!found) throw new RangeError('the key is not in the ring');
  return found;
}
