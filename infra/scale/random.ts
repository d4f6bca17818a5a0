// Chance that can be repeated: the same seed gives the same numbers everywhere. Mulberry32, 32 bits of state.
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The time to the next of arrivals that know nothing of each other. */
export const exponential = (random: () => number, mean: number): number =>
  -mean * Math.log(1 - random());
