// Decides for each request as it comes, by the plan and by the phase that is now, and writes the decision down.
import type { Dependency, Fault } from '#test/faults/plan/kinds.ts';
import type { Plan } from '#test/faults/plan/plan.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';

export interface WeatherVane {
  /** Undefined: nothing goes wrong. */
  phase: number | undefined;
  /** How many requests have passed since the first phase began. */
  passed: number;
  /** `session`: the one that the request is for, where that is known before it is answered. */
  next(dependency: Dependency, step: string, session?: string): Fault | undefined;
}

export function weatherVane(plan: Plan, { recording, now }: Recorder): WeatherVane {
  const counts = new Map<string, number>();
  const vane: WeatherVane = {
    phase: undefined,
    passed: 0,
    next(dependency, step, session) {
      const name = `${dependency} ${step}`;
      const nth = counts.get(name) ?? 0;
      if (vane.phase === undefined) return undefined;
      counts.set(name, nth + 1);
      vane.passed += 1;
      const fault = plan.fault({ phase: vane.phase, dependency, step, nth });
      if (fault) {
        const of = session === undefined ? {} : { session };
        recording.injected.push({ at: now(), dependency, step, nth, fault, ...of });
      }
      return fault;
    },
  };
  return vane;
}

/** How long a slow answer takes: another time for each request. */
export function slowMs({ chance }: Plan): () => number {
  let nth = 0;
  return () => 50 + Math.floor(chance.of('slow', nth++) * 700);
}
