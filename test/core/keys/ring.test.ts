import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  activeKey,
  addKey,
  firstRing,
  forgetKey,
  moveKey,
  publishedKeys,
  type Ring,
  transitions,
} from '#core/keys/ring.ts';
import type { KeyState } from '#core/ports.ts';
import { holds } from '#test/support/holds.ts';

const first = firstRing('dpop', 'first');
const states = Object.keys(transitions) as KeyState[];
const stateOf = (ring: Ring, id: string) => ring.keys.find((key) => key.id === id)?.state;

test('a rotation adds a pending key, makes it active and drains the one before', () => {
  const pending = addKey(first, 'second', 10);
  expect(activeKey(pending)).toBe('first');
  expect(publishedKeys(pending)).toEqual(['first', 'second']);
  const rotated = moveKey(pending, 'second', 'active', 20);
  expect(rotated.keys).toEqual([
    { id: 'first', state: 'draining', since: 20 },
    { id: 'second', state: 'active', since: 20 },
  ]);
  expect(publishedKeys(rotated)).toEqual(['second', 'first']);
});

test('a rotation can be rolled back', () => {
  const rotated = moveKey(addKey(first, 'second', 10), 'second', 'active', 20);
  const back = moveKey(rotated, 'first', 'active', 30);
  expect([stateOf(back, 'first'), stateOf(back, 'second')]).toEqual(['active', 'draining']);
});

test('a disabled key is no longer published, and remembers what it was', () => {
  const disabled = moveKey(first, 'first', 'disabled', 10);
  expect(activeKey(disabled)).toBeUndefined();
  expect(publishedKeys(disabled)).toEqual([]);
  expect(disabled.keys).toEqual([{ id: 'first', state: 'disabled', since: 10, was: 'active' }]);
  const undone = moveKey(disabled, 'first', 'active', 20);
  expect(undone.keys).toEqual([{ id: 'first', state: 'active', since: 20 }]);
});

test('moves that are not in the table are refused', () => {
  const ring = addKey(first, 'second', 10);
  for (const state of ['draining', 'pending'] as const) {
    expect(() => moveKey(ring, 'second', state, 20)).toThrow(RangeError);
  }
  expect(() => moveKey(ring, 'first', 'active', 20)).toThrow(RangeError);
  expect(() => moveKey(ring, 'third', 'active', 20)).toThrow(RangeError);
  expect(() => addKey(ring, 'second', 20)).toThrow(RangeError);
});

test('only keys that sign nothing are forgotten', () => {
  const ring = addKey(first, 'second', 10);
  expect(forgetKey(ring, 'second')).toEqual(first);
  expect(() => forgetKey(ring, 'first')).toThrow(RangeError);
  const rotated = moveKey(ring, 'second', 'active', 20);
  expect(() => forgetKey(rotated, 'first')).toThrow(RangeError);
  const disabled = moveKey(rotated, 'first', 'disabled', 30);
  expect(forgetKey(disabled, 'first').keys).toHaveLength(1);
});

test('whatever operators do, at most one key is active and the ring that they had is unchanged', async () => {
  const move = fc.tuple(fc.constantFrom('first', 'b', 'c'), fc.constantFrom('add', ...states));
  await holds(
    fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
      let ring: Ring = first;
      for (const [at, [id, what]] of moves.entries()) {
        const before = structuredClone(ring);
        const had = ring;
        try {
          ring = what === 'add' ? addKey(ring, id, at) : moveKey(ring, id, what, at);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        expect(had).toEqual(before);
        expect(ring.keys.filter((key) => key.state === 'active').length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
