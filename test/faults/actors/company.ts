// What every actor has: the world, the recorder, chance of its own, and whether the run goes on.
import type { Chance } from '#test/faults/plan/chance.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';
import type { World } from '#test/faults/world/world.ts';

export interface Company {
  world: World;
  recorder: Recorder;
  chance: Chance;
  /** False: finish what you are doing. */
  goesOn(): boolean;
  pause(ms: number): Promise<void>;
}
