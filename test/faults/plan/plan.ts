// What goes wrong when. The seed alone decides: which fault meets the nth request of a step does not depend on what
// happened before. How requests of different users interleave is left to the machine.
import { type Chance, chance } from './chance.ts';
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

/** What happens beside the requests. */
export type Incident =
  | { kind: 'kill'; function: string; nth: number }
  | { kind: 'universal_logout' | 'issuer_revokes' | 'operator_revokes'; user: number }
  | { kind: 'nonces_rotate' }
  | { kind: 'key_rotates'; use: 'dpop' | 'assertion' };

export interface PlannedIncident {
  incident: Incident;
  /** When in its phase, from 0 to 1. */
  at: number;
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
  /** Only these faults, as `dependency`, `dependency/fault` or `dependency/step/fault`; `*` is anything. */
  only?: string | undefined;
}

/** In a phase, so many dependencies are unwell: with more of them, little but failures could be seen. */
const unwell = [0, 1, 1, 1, 1, 2, 2, 2, 3, dependencies.length] as const;
const awayShare = 0.3;
const leastRate = 0.08;
const mostRate = 0.5;

const killed = ['proxy', 'proxy', 'auth', 'auth', 'stream', 'machine', 'keys', 'apiAuthorizer'];

export function planOf(seed: number, { users, only }: PlanOptions): Plan {
  const lot = chance(seed);

  const weather = (phase: number, dependency: Dependency): Weather => {
    const turns = dependencies.toSorted(
      (one, other) => lot.of('turn', phase, one) - lot.of('turn', phase, other),
    );
    if (turns.indexOf(dependency) >= lot.pick(unwell, 'unwell', phase)) return { kind: 'calm' };
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

/** How often per phase, and what. */
const incidents: { often: number; of: (lot: Chance, names: string, users: number) => Incident }[] =
  [
    ...[0, 1].map(() => ({ often: 0.7, of: kill })),
    {
      often: 0.12,
      of: (lot, names, users) => ({ kind: 'universal_logout', user: user(lot, names, users) }),
    },
    {
      often: 0.1,
      of: (lot, names, users) => ({ kind: 'issuer_revokes', user: user(lot, names, users) }),
    },
    {
      often: 0.08,
      of: (lot, names, users) => ({ kind: 'operator_revokes', user: user(lot, names, users) }),
    },
    { often: 0.1, of: () => ({ kind: 'nonces_rotate' }) },
    { often: 0.1, of: () => ({ kind: 'key_rotates', use: 'dpop' }) },
    { often: 0.06, of: () => ({ kind: 'key_rotates', use: 'assertion' }) },
  ];

function incidentsOf(lot: Chance, phase: number, users: number): PlannedIncident[] {
  return incidents.flatMap(({ often, of }, at) => {
    const names = `incident ${phase} ${at}`;
    if (lot.of(names) >= often) return [];
    return [{ incident: of(lot, names, users), at: lot.of(names, 'when') }];
  });
}

function kill(lot: Chance, names: string): Incident {
  const name = killed[Math.floor(lot.of(names, 'function') * killed.length)] ?? 'proxy';
  return { kind: 'kill', function: name, nth: Math.floor(lot.of(names, 'nth') * 8) };
}

const user = (lot: Chance, names: string, users: number) =>
  Math.floor(lot.of(names, 'user') * users);
