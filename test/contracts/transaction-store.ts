// What every TransactionStore must do (core/ports.ts).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock, Transaction, TransactionStore } from '#core/ports.ts';

export function transactionStoreContract(
  name: string,
  make: (clock: Clock) => Promise<{
    store: TransactionStore;
    /** Does the next call, and loses its answer. */
    loseAnswer(): void;
    close(): Promise<void>;
  }>,
): void {
  describe(`${name} as a TransactionStore`, () => {
    let store: TransactionStore;
    let loseAnswer: () => void;
    let close: () => Promise<void>;
    let now = start;

    beforeAll(async () => {
      ({ store, loseAnswer, close } = await make({ now: () => now * 1000 + 999 }));
    });
    beforeEach(() => {
      now = start;
    });
    afterAll(() => close());

    const begun = async (overrides: Partial<Transaction> = {}) => {
      const transaction = { ...the(), ...overrides };
      await store.begin(transaction);
      return transaction;
    };

    test('a transaction is consumed as it was begun, once', async () => {
      const transaction = await begun();
      const { id, browser } = transaction;
      expect(await store.consume(id, browser)).toEqual(transaction);
      expect(await store.consume(id, browser)).toBeUndefined();
    });

    test('only one of ten that consume a transaction at once gets it', async () => {
      const { id, browser } = await begun();
      const got = await Promise.all(Array.from({ length: 10 }, () => store.consume(id, browser)));
      expect(got.filter(Boolean)).toHaveLength(1);
    });

    test('another browser does not get a transaction, and does not spoil it', async () => {
      const { id, browser } = await begun();
      expect(await store.consume(id, random())).toBeUndefined();
      expect(await store.consume(id, browser)).toBeDefined();
    });

    test('a transaction is there until its last second', async () => {
      const first = await begun();
      const second = await begun();
      now = first.expiresAt - 1;
      expect(await store.consume(first.id, first.browser)).toBeDefined();
      now = second.expiresAt;
      expect(await store.consume(second.id, second.browser)).toBeUndefined();
    });

    test('a transaction is stored even if the answer to its creation is lost', async () => {
      loseAnswer();
      const transaction = await begun();
      expect(await store.consume(transaction.id, transaction.browser)).toEqual(transaction);
    });

    test('a transaction is returned, and used up, even if the answer to its consumption is lost', async () => {
      const transaction = await begun();
      const { id, browser } = transaction;
      loseAnswer();
      expect(await store.consume(id, browser)).toEqual(transaction);
      expect(await store.consume(id, browser)).toBeUndefined();
    });

    test('a lost answer gives another browser nothing, and nobody a transaction that is used up', async () => {
      const { id, browser } = await begun();
      loseAnswer();
      expect(await store.consume(id, random())).toBeUndefined();
      expect(await store.consume(id, browser)).toBeDefined();
      loseAnswer();
      expect(await store.consume(id, browser)).toBeUndefined();
    });

    test('an unknown transaction is not found', async () => {
      expect(await store.consume(random(), random())).toBeUndefined();
    });

    test('a transaction never takes the place of another', async () => {
      const transaction = await begun();
      await expect(begun({ id: transaction.id })).rejects.toThrow();
      expect(await store.consume(transaction.id, transaction.browser)).toEqual(transaction);
    });
  });
}

const start = 1_800_000_000;
const random = () => randomBytes(32).toString('base64url');

const the = (): Transaction => ({
  id: random(),
  browser: random(),
  sealed: new Uint8Array(randomBytes(300)),
  createdAt: start,
  expiresAt: start + 600,
});
