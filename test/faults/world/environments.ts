// The environments of the functions, and their deaths.
import type { System } from '#infra/local/run/system.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';

export const functionNames = [
  'auth',
  'proxy',
  'stream',
  'machine',
  'keys',
  'apiAuthorizer',
  'authorizer',
] as const;
export type FunctionName = (typeof functionNames)[number];

export function environmentsOf(systems: readonly System[], { recording, now }: Recorder) {
  const killIn = ({ gateway }: System, name: string, nth: number) => {
    const functions = gateway.functions();
    if (functions.has(name) && functions.kill(name, nth)) {
      recording.kills.push({ at: now(), function: name });
    }
  };
  const killSystem = (system: System, names: readonly FunctionName[] = functionNames) => {
    const functions = system.gateway.functions();
    for (const name of names.filter(functions.has)) {
      // From the last one on: the place of the others does not change.
      for (let nth = functions.environments(name) - 1; nth >= 0; nth--) killIn(system, name, nth);
    }
  };
  return {
    /** One of the environments of a function, counted round, in one Region or the other. */
    kill(name: string, nth: number): void {
      const system = systems[nth % systems.length];
      if (system) killIn(system, name, nth);
    },
    /** Every environment of these functions, or of all, whatever it is doing. Only what is stored survives. */
    killAll(names?: readonly FunctionName[]): void {
      for (const system of systems) killSystem(system, names);
    },
    killRegion(nth: number): void {
      const system = systems[nth];
      if (system) killSystem(system);
    },
    /** The next event of each of these starts cold. Nothing is interrupted. */
    async rest(names: readonly FunctionName[]): Promise<void> {
      const all = systems.flatMap(({ gateway }) =>
        names.map((name) => gateway.functions().recycle(name)),
      );
      await Promise.all(all);
    },
  };
}
