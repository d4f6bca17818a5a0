import { expect, test } from 'vitest';
import { randomFrom } from '#test/support/random.ts';
import { type Point, verdictOn } from './judge.ts';

const bound = { share: 0.05, least: 1 };
const series = (of: (nth: number, noise: number) => number, seed = 7, length = 40): Point[] => {
  const random = randomFrom(seed);
  return Array.from({ length }, (_, nth) => ({ at: nth / 12, value: of(nth, random() - 0.5) }));
};
const seeds = Array.from({ length: 50 }, (_, seed) => seed);
const grows = (points: Point[]) => verdictOn(points, bound).grows;

test('a series that grows is seen to grow, noise and all', () => {
  for (const seed of seeds) {
    expect(grows(series((nth, noise) => 100 + nth * 0.5 + noise * 10, seed))).toBe(true);
  }
});

test('a flat series does not grow, however noisy', () => {
  for (const seed of seeds) {
    expect(grows(series((_nth, noise) => 100 + noise * 60, seed))).toBe(false);
  }
});

test.each<[string, (nth: number) => number]>([
  ['one that falls', (nth) => 100 - nth],
  ['one that does not move', () => 100],
  ['one that grows by less than the bound', (nth) => 100 + nth * 0.1],
  ['one with a few outliers', (nth) => (nth % 10 === 9 ? 500 : 100)],
])('neither does %s', (_what, of) => {
  expect(grows(series(of))).toBe(false);
});

test('how far it grew is told in its own unit', () => {
  expect(
    verdictOn(
      series((nth) => 100 + nth),
      bound,
    ),
  ).toEqual({ from: 100, by: 39, grows: true });
});

test('a handful of points decides nothing', () => {
  expect(grows(series((nth) => 100 * nth, 7, 5))).toBe(false);
});

test('a bound may ask for less certainty, where there are few series', () => {
  // Three and a half standard deviations of what chance does.
  const points = series((nth) => 100 + (nth % 3) * 8 + nth * 2, 7, 16);
  expect(verdictOn(points, bound).grows).toBe(false);
  expect(verdictOn(points, { ...bound, certain: 3 }).grows).toBe(true);
});
