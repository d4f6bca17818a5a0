// What every ReplayStore must do (core/resource-server/ports.ts).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReplayStore } from '#core/resource-server/request-verifier.ts';

export interface ReplayStores {
  /** As several environments have it. */
  stores: readonly [ReplayStore, ...ReplayStore[]];
  /** Does the next calls, and loses their answers. */
  loseAnswers?(times: number): void;
  close(): Promise<void>;
}

export function replayStoreContract(name: string, make: () => Promise<ReplayStores>): void {
  describe(`${name} as a ReplayStore`, () => {
    let made: ReplayStores;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(() => made.close());

    const soon = () => Math.floor(Date.now() / 1000) + 120;
    const useAll = (proof: string, times: number) =>
      Promise.all(
        Array.from({ length: times }, (_, at) =>
          (made.stores[at % made.stores.length] as ReplayStore).use(proof, soon()),
        ),
      );

    test('a proof is used once', async () => {
      const [store] = made.stores;
      const [one, other] = [random(), random()];
      expect(await store.use(one, soon())).toBe(true);
      expect(await store.use(one, soon())).toBe(false);
      expect(await store.use(other, soon())).toBe(true);
      expect(await store.use(one, soon() + 100)).toBe(false);
    });

    test('of a hundred uses at the same moment, over all environments, one is the first', async () => {
      const uses = await useAll(random(), 100);
      expect(uses.filter((first) => first)).toHaveLength(1);
    });

    test('an answer that is lost makes no replay of an honest request', async () => {
      made.loseAnswers?.(1);
      const proof = random();
      expect(await made.stores[0].use(proof, soon())).toBe(true);
      expect(await useAll(proof, made.stores.length)).not.toContain(true);
    });

    test('of twenty uses whose answers are lost, one is the first', async () => {
      made.loseAnswers?.(10);
      const uses = await useAll(random(), 20);
      expect(uses.filter((first) => first)).toHaveLength(1);
    });
  });
}

const random = () => randomBytes(32).toString('base64url');
