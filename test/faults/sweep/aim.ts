// Counts the requests of one step, and lets exactly one of them go wrong.
import type { WeatherVane } from '#test/faults/injectors/weather-vane.ts';
import type { Death, Dependency, Fault } from '#test/faults/plan/kinds.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';

/** One request of a step: the nth of its kind, from 0. */
export interface Target {
  dependency: Dependency;
  at: string;
  nth: number;
}

export interface Shot {
  target: Target;
  fault: Fault | Death;
  /** Ends the environment that asks. */
  die(): void;
}

export interface Aim extends Pick<WeatherVane, 'next'> {
  /** From now on requests are counted. With a fault, that one request meets it. */
  take(shot?: Shot): void;
  /** Nothing goes wrong any more: the requests that were seen, and whether the fault was met. */
  rest(): { seen: Target[]; met: boolean };
}

export function aim({ recording, now }: Recorder): Aim {
  let seen: Target[] | undefined;
  let wanted: Shot | undefined;
  let met = false;
  return {
    take(shot) {
      seen = [];
      met = false;
      wanted = shot;
    },
    rest() {
      const found = { seen: seen ?? [], met };
      seen = undefined;
      return found;
    },
    next(dependency, at, session) {
      if (!seen) return undefined;
      const nth = seen.filter((one) => isOfKind(one, { dependency, at })).length;
      seen.push({ dependency, at, nth });
      if (!wanted || !isOfKind(wanted.target, { dependency, at }) || wanted.target.nth !== nth) {
        return undefined;
      }
      met = true;
      const { fault, die } = wanted;
      const of = session === undefined ? {} : { session };
      recording.injected.push({ at: now(), dependency, step: at, nth, fault, ...of });
      if (fault !== 'killed_before' && fault !== 'killed_after') return fault;
      die();
      return fault === 'killed_before' ? 'reset_before' : 'reset_after';
    },
  };
}

const isOfKind = (one: Target, { dependency, at }: Omit<Target, 'nth'>) =>
  one.dependency === dependency && one.at === at;
