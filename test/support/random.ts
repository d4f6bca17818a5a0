// Chance that can be repeated, for tests.
export { randomFrom } from '#infra/scale/random.ts';

export const shuffled = <T>(list: readonly T[], random: () => number): T[] =>
  list
    .map((value) => ({ value, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
