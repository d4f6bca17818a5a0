import { expect, test } from 'vitest';
import { pooledRandom } from '#adapters/random.ts';

test('it returns as many bytes as asked for, never the same twice, across the ends of the pool', () => {
  const random = pooledRandom();
  const seen = new Set<string>();
  for (let i = 0; i < 5_000; i += 1) {
    const bytes = random(16 + (i % 17));
    expect(bytes).toHaveLength(16 + (i % 17));
    seen.add(Buffer.from(bytes.subarray(0, 16)).toString('hex'));
  }
  expect(seen.size).toBe(5_000);
});

test('what one caller does with its bytes changes nobody else’s', () => {
  const random = pooledRandom();
  const [first, second] = [random(32), random(32)];
  const before = Buffer.from(second);
  first.fill(0);
  expect(Buffer.from(second)).toEqual(before);
  expect(first.buffer).not.toBe(second.buffer);
});

test('nobody gets fewer bytes than asked for', () => {
  expect(() => pooledRandom()(4_097)).toThrow(RangeError);
  expect(pooledRandom()(4_096)).toHaveLength(4_096);
});
