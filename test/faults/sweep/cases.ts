// What is tried: each fault of each request that a step makes.
import { type Death, deaths, type Fault, kinds } from '#test/faults/plan/kinds.ts';
import type { Target } from './aim.ts';

export interface Case {
  step: string;
  /** In environments that have just started, which ask for what others know. */
  cold: boolean;
  target: Target;
  fault: Fault | Death;
}

/** Cold environments ask for more than warm ones do: only this is tried there. */
export function casesOf(step: string, seen: { warm: Target[]; cold: Target[] }): Case[] {
  const more = seen.cold.filter((one) => !seen.warm.some((other) => isSame(one, other)));
  const all = [
    ...seen.warm.map((target) => ({ cold: false, target })),
    ...more.map((target) => ({ cold: true, target })),
  ];
  return all.flatMap((one) =>
    [...kinds[one.target.dependency], ...deaths].map((fault) => ({ step, ...one, fault })),
  );
}

const isSame = (one: Target, other: Target) =>
  one.dependency === other.dependency && one.at === other.at && one.nth === other.nth;
