// What every RingStore must do (core/key-ring.ts).
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { addKey, firstRing, forgetKey, moveKey, type RingStore } from '#core/keys/ring.ts';

export interface RingStoreUnderTest {
  /** Empty; its first keys are those of `firstKeys`. */
  store: RingStore;
  /** Does the next call, and loses its answer. */
  loseAnswer(): void;
  close(): Promise<void>;
}

export const firstKeys = {
  dpop: 'arn:aws:kms:us-east-1:111122223333:key/first-dpop',
  assertion: 'arn:aws:kms:us-east-1:111122223333:key/first-assertion',
};
const next = 'arn:aws:kms:us-east-1:111122223333:key/next';

export function ringStoreContract(name: string, make: () => Promise<RingStoreUnderTest>): void {
  describe(`${name} as a RingStore`, () => {
    let store: RingStore;
    let loseAnswer: () => void;
    const close: (() => Promise<void>)[] = [];

    beforeEach(async () => {
      const made = await make();
      store = made.store;
      loseAnswer = made.loseAnswer;
      close.push(made.close);
    });
    afterAll(() => Promise.all(close.map((one) => one())));

    test('a ring that was never stored has the first key', async () => {
      expect(await store.read('dpop')).toEqual(firstRing('dpop', firstKeys.dpop));
      expect(await store.read('assertion')).toEqual(firstRing('assertion', firstKeys.assertion));
    });

    test('a ring is read as it was stored, one version on, and the other use is left alone', async () => {
      const first = await store.read('dpop');
      const rotated = moveKey(addKey(first, next, 100), next, 'active', 200);
      expect(await store.replace(rotated)).toBe(true);
      expect(await store.read('dpop')).toEqual({
        use: 'dpop',
        version: 1,
        keys: [
          { id: firstKeys.dpop, state: 'draining', since: 200 },
          { id: next, state: 'active', since: 200 },
        ],
      });
      expect((await store.read('assertion')).version).toBe(0);
    });

    test('since when signatures are counted is kept', async () => {
      const first = await store.read('dpop');
      expect(first.countedSince).toBeUndefined();
      await store.replace({ ...first, countedSince: 300 });
      expect((await store.read('dpop')).countedSince).toBe(300);
    });

    test('what a disabled key was before is kept', async () => {
      const disabled = moveKey(await store.read('dpop'), firstKeys.dpop, 'disabled', 100);
      await store.replace(disabled);
      expect((await store.read('dpop')).keys).toEqual(disabled.keys);
    });

    test('of two operators at once one wins, at the first version and later', async () => {
      for (const version of [0, 1]) {
        const ring = await store.read('dpop');
        expect(ring.version).toBe(version);
        const changes = ['a', 'b', 'c'].map((id) => addKey(ring, `${next}-${version}${id}`, 100));
        const done = await Promise.all(changes.map((change) => store.replace(change)));
        expect(done.filter(Boolean)).toHaveLength(1);
        const stored = await store.read('dpop');
        expect(stored).toEqual({ ...changes[done.indexOf(true)], version: version + 1 });
      }
    });

    test('a change whose answer is lost is made, the first one and later ones, and no other wins', async () => {
      for (const version of [0, 1]) {
        const ring = await store.read('dpop');
        loseAnswer();
        expect(await store.replace(addKey(ring, `${next}-${version}`, 100))).toBe(true);
        loseAnswer();
        expect(await store.replace(addKey(ring, `${next}-late`, 100))).toBe(false);
        expect((await store.read('dpop')).version).toBe(version + 1);
      }
    });

    test('a key that was forgotten is gone', async () => {
      await store.replace(addKey(await store.read('dpop'), next, 100));
      await store.replace(forgetKey(await store.read('dpop'), next));
      expect((await store.read('dpop')).keys.map((key) => key.id)).toEqual([firstKeys.dpop]);
    });
  });
}
