// Chance that a seed decides: the same seed and the same names give the same number, whatever else has happened.
import { createHash } from 'node:crypto';

export type Name = string | number;

export interface Chance {
  /** From 0 up to but not including 1. */
  of(...names: Name[]): number;
  pick<T>(from: readonly [T, ...T[]], ...names: Name[]): T;
}

export function chance(seed: number): Chance {
  const of = (...names: Name[]) =>
    createHash('sha256')
      .update([seed, ...names].join('\n'))
      .digest()
      .readUIntBE(0, 6) /
    2 ** 48;
  return {
    of,
    pick: (from, ...names) => from[Math.floor(of(...names) * from.length)] ?? from[0],
  };
}
