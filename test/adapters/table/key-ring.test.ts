import { beforeEach, expect, test } from 'vitest';
import { keyRing } from '#adapters/table/key-ring.ts';
import { addKey, firstRing, moveKey, type Ring } from '#core/keys/ring.ts';
import type { KeyRing } from '#core/ports.ts';

let ring: Ring;
let reads: number;
let now: number;
let answer: () => Promise<Ring>;
let environment: KeyRing;

beforeEach(() => {
  ring = firstRing('dpop', 'first');
  reads = 0;
  now = 1_000_000;
  answer = async () => ring;
  const read = () => {
    reads++;
    return answer();
  };
  environment = keyRing({ read, replace: async () => false }, { now: () => now });
});

test('an environment asks once for half a minute, however many ask it', async () => {
  const asked = Array.from({ length: 5 }, () => environment.active('dpop'));
  expect(await Promise.all(asked)).toEqual(Array(5).fill('first'));
  now += 29_999;
  expect(await environment.published('dpop')).toEqual(['first']);
  expect(reads).toBe(1);
});

test('it notices a rotation within half a minute', async () => {
  await environment.active('dpop');
  ring = moveKey(addKey(ring, 'second', 1), 'second', 'active', 2);
  expect(await environment.active('dpop')).toBe('first');
  now += 30_000;
  expect(await environment.active('dpop')).toBe('second');
  expect(await environment.published('dpop')).toEqual(['second', 'first']);
});

test('a failed read is not kept', async () => {
  answer = () => Promise.reject(new Error('away'));
  await expect(environment.active('dpop')).rejects.toThrow('away');
  answer = async () => ring;
  expect(await environment.active('dpop')).toBe('first');
});

test('without an active key nothing signs', async () => {
  ring = moveKey(ring, 'first', 'disabled', 1);
  await expect(environment.active('dpop')).rejects.toMatchObject({ code: 'signer_unavailable' });
  expect(await environment.published('dpop')).toEqual([]);
});

test('a ring in doubt is read again at once', async () => {
  await environment.active('dpop');
  for (const next of ['second', 'third']) {
    ring = { ...moveKey(addKey(ring, next, 1), next, 'active', 2), version: ring.version + 1 };
    environment.doubt();
    expect(await environment.active('dpop')).toBe(next);
  }
});

test('a key that keeps failing to sign has the ring read less and less often', async () => {
  const readsIn = async (ms: number) => {
    const before = reads;
    for (const end = now + ms; now < end; now += 10) {
      environment.doubt();
      await environment.active('dpop');
    }
    return reads - before;
  };
  await environment.active('dpop');
  expect(await readsIn(1_000)).toBeLessThanOrEqual(5);
  await readsIn(10_000);
  expect(await readsIn(60_000)).toBeLessThanOrEqual(13);
});

test('it notices at once that a key is active again where none was', async () => {
  const none = moveKey(ring, 'first', 'disabled', 1);
  ring = none;
  await expect(environment.active('dpop')).rejects.toMatchObject({ code: 'signer_unavailable' });
  now += 1_000;
  ring = moveKey(none, 'first', 'active', 2);
  expect(await environment.active('dpop')).toBe('first');
});
