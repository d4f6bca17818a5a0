// What goes wrong when. The seed alone decides: which fault meets the nth request of a step does not depend on what
// happened before. How requests of different users interleave is left to the machine.
import { type Chance, chance } from './chance.ts';
import { incidentsOf, type PlannedIncident } from './incidents.ts';
import { type Dependency, dependencies, type Fault, kinds } from './kinds.ts';

export type Weather =
  | { kind: 'calm' }
  /** Some of its requests fail, in various ways. */
  | { kind: 'flaky'; rate: number }
  /** All of its requests fail in the same way. */
  | { kind: 'away'; fault: Fault };

export interface PlannedRequest {
  phase: number;
  dependency: Dependency;
  step: string;
  /** Counted for each step, from 0. */
  nth: number;
}

export interface Plan {
  seed: number;
  chance: Chance;
  weather(phase: number, dependency: Dependency): Weather;
  fault(request: PlannedRequest): Fault | undefined;
  incidents(phase: number): PlannedIncident[];
}

export interface PlanOptions {
  users: number;
  /** What can fail. Default: everything. */
  dependencies?: typeof dependencies;
  /** Only these faults, as `dependency`, `dependency/fault` or `dependency/step/fault`; `*` is anything. */
  only?: string | undefined;
}

/** In a phase, so many dependencies are unwell: with more of them, little but failures could be seen. */
const unwell: readonly [number, ...number[]] = [
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  3,
  Number.POSITIVE_INFINITY,
];
const awayShare = 0.3;
const leastRate = 0.08;
const mostRate = 0.5;

export function planOf(seed: number, options: PlanOptions): Plan {
  const { users, only, dependencies: mortal = dependencies } = options;
  const lot = chance(seed);

  // It is asked for with every request.
  const weathers = new Map<string, Weather>();
  const weather = (phase: number, dependency: Dependency): Weather => {
    const name = `${phase} ${dependency}`;
    const known = weathers.get(name) ?? weatherOf(phase, dependency);
    weathers.set(name, known);
    return known;
  };

  const weatherOf = (phase: number, dependency: Dependency): Weather => {
    const turns = mortal.toSorted(
      (one, other) => lot.of('turn', phase, one) - lot.of('turn', phase, other),
    );
    const turn = turns.indexOf(dependency);
    if (turn < 0 || turn >= lot.pick(unwell, 'unwell', phase)) return { kind: 'calm' };
    if (lot.of('weather', phase, dependency) < awayShare) {
      const away = ['reset_before', 'unavailable', 'throttled', 'reset_after'] as const;
      return { kind: 'away', fault: lot.pick(away, 'away', phase, dependency) };
    }
    const rate = leastRate + (mostRate - leastRate) * lot.of('rate', phase, dependency);
    return { kind: 'flaky', rate };
  };

  const fault = ({ phase, dependency, step, nth }: PlannedRequest): Fault | undefined => {
    const now = weather(phase, dependency);
    if (now.kind === 'calm') return undefined;
    if (now.kind === 'away') return now.fault;
    if (lot.of('whether', dependency, step, nth) >= now.rate) return undefined;
    return whichFault(lot, dependency, step, nth);
  };

  return {
    seed,
    chance: lot,
    weather,
    fault(request) {
      const found = fault(request);
      return found && isChosen(only, request, found) ? found : undefined;
    },
    incidents: (phase) => incidentsOf(lot, phase, users),
  };
}

/** A request that hangs keeps its user waiting for seconds, so that is drawn less often. */
function whichFault(lot: Chance, dependency: Dependency, step: string, nth: number): Fault {
  const drawn = lot.pick<Fault>(kinds[dependency], 'which', dependency, step, nth);
  if (drawn !== 'hang' || lot.of('hangs', dependency, step, nth) < 0.3) return drawn;
  return 'slow';
}

function isChosen(only = '*', { dependency, step }: PlannedRequest, fault: Fault): boolean {
  const parts = only.split('/');
  const wanted = parts.length === 2 ? [parts[0], '*', parts[1]] : parts;
  return [dependency, step, fault].every((name, at) => [undefined, '*', name].includes(wanted[at]));
}
