// What every MarkStore must do (core/ports.ts).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MarkStore } from '#core/ports.ts';

export function markStoreContract(
  name: string,
  make: () => Promise<{
    store: MarkStore;
    /** Does the next call, and loses its answer. */
    loseAnswer(): void;
    close(): Promise<void>;
  }>,
): void {
  describe(`${name} as a MarkStore`, () => {
    let store: MarkStore;
    let loseAnswer: () => void;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ store, loseAnswer, close } = await make());
    });
    afterAll(() => close());

    test('a subject without a mark was never revoked', async () => {
      expect(await store.signedOutBefore([random(), random()])).toBe(0);
      expect(await store.signedOutBefore([])).toBe(0);
    });

    test('the latest mark of any of the hashes counts', async () => {
      const [subject, email] = [random(), random()];
      await store.markSignedOut(subject, 1_000);
      await store.markSignedOut(email, 2_000);
      expect(await store.signedOutBefore([subject, email])).toBe(2_000);
      expect(await store.signedOutBefore([subject])).toBe(1_000);
    });

    test('a mark moves forward only', async () => {
      const subject = random();
      await store.markSignedOut(subject, 2_000);
      await store.markSignedOut(subject, 1_000);
      expect(await store.signedOutBefore([subject])).toBe(2_000);
      await store.markSignedOut(subject, 3_000);
      expect(await store.signedOutBefore([subject])).toBe(3_000);
    });

    test('a jti may be used until it is used up', async () => {
      const jti = random();
      const expiresAt = 1_800_000_000;
      expect(await store.mayUse(jti, expiresAt)).toBe(true);
      expect(await store.mayUse(jti, expiresAt)).toBe(true);
      await store.useUp(jti, expiresAt);
      expect(await store.mayUse(jti, expiresAt)).toBe(false);
      expect(await store.mayUse(random(), expiresAt)).toBe(true);
    });

    test('a mark and a jti are kept though the answer is lost', async () => {
      const [subject, jti] = [random(), random()];
      loseAnswer();
      await store.markSignedOut(subject, 1_000);
      expect(await store.signedOutBefore([subject])).toBe(1_000);
      loseAnswer();
      expect(await store.mayUse(jti, 1_800_000_000)).toBe(true);
      loseAnswer();
      await store.useUp(jti, 1_800_000_000);
      expect(await store.mayUse(jti, 1_800_000_000)).toBe(false);
    });

    test('a jti that is used up stays used up, whoever asks for it or uses it again', async () => {
      const jti = random();
      const expiresAt = 1_800_000_000;
      await Promise.all(Array.from({ length: 5 }, () => store.useUp(jti, expiresAt)));
      const asked = Array.from({ length: 5 }, () => store.mayUse(jti, expiresAt));
      expect(await Promise.all(asked)).toEqual([false, false, false, false, false]);
      expect(await store.mayUse(jti, expiresAt)).toBe(false);
    });
  });
}

const random = () => randomBytes(32).toString('base64url');
