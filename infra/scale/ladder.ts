// Load, step by step: what breaks first, and where it breaks next once that is raised.
import { bottleneck, simulateCalls } from './calls.ts';
import type { Load, Outcome } from './load.ts';
import type { Quotas } from './quotas.ts';

export interface Step {
  rate: number;
  users: number;
  outcome: Outcome;
}

/** A person at work makes a call every twenty seconds. */
export const callsPerUser = 1 / 20;

export function climb(
  rates: readonly number[],
  quotas: Quotas,
  { seed, seconds }: { seed: number; seconds: number },
): Step[] {
  return rates.map((rate, index) => {
    const users = Math.max(1, Math.round(rate / callsPerUser));
    const load: Load = { rate: () => rate, seconds, users, quotas, seed: seed + index };
    return { rate, users, outcome: simulateCalls(load) };
  });
}

/** The first step at which more than one in a thousand is turned away, and what by. */
export function firstToBreak(steps: readonly Step[]) {
  const found = steps.find(({ outcome }) => refusedShare(outcome) > 0.001);
  return found && { rate: found.rate, users: found.users, why: bottleneck(found.outcome) };
}

export const refusedShare = ({ refused, offered }: Outcome): number =>
  [...refused.values()].reduce((sum, count) => sum + count, 0) / Math.max(1, offered);
