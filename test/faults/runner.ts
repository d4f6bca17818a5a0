// One run: users over a system whose dependencies fail by a plan, then calm, then the judgement of what was written down.
import { setTimeout as wait } from 'node:timers/promises';
import type { Company } from './actors/company.ts';
import { happen } from './actors/incidents.ts';
import { rotate } from './actors/operator.ts';
import { user } from './actors/user.ts';
import { slowMs, type WeatherVane, weatherVane } from './injectors/weather-vane.ts';
import { violationsIn } from './invariants/index.ts';
import type { Violation } from './invariants/violation.ts';
import type { PlannedIncident } from './plan/incidents.ts';
import { dependenciesOf } from './plan/kinds.ts';
import { planOf } from './plan/plan.ts';
import { emptyRecording, type Recorder, recorder as recorderOf } from './recording/recorder.ts';
import type { Recording } from './recording/recording.ts';
import { startWorld, type World, type WorldOptions } from './world/world.ts';

export interface RunOptions
  extends Pick<WorldOptions, 'client' | 'regions' | 'tokenSeconds' | 'environments'> {
  seed: number;
  users: number;
  phases: number;
  /** A phase ends after so many requests at the dependencies, or after this time. */
  phaseRequests: number;
  phaseMs: number;
  /** No phase begins after this time. */
  mostMs?: number;
  /** The average rest of a user between two deeds. */
  restMs: number;
  only?: string | undefined;
  /** Changes the world before anybody enters it. */
  prepare?: (world: World) => void | Promise<void>;
}

export interface Run {
  recording: Recording;
  violations: Violation[];
}

/** Longer than a lease (15 s) and two tries after it. */
const recoverWithinMs = 45_000;

export async function run(options: RunOptions): Promise<Run> {
  const { seed, phases, mostMs = Number.POSITIVE_INFINITY } = options;
  const plan = planOf(seed, { ...options, dependencies: dependenciesOf(options.client) });
  const recorder = recorderOf(emptyRecording());
  const vane = weatherVane(plan, recorder);
  const world = await startWorld({ ...options, recorder, vane, slowMs: slowMs(plan) });
  const watch = watchForStalls(recorder);
  try {
    await options.prepare?.(world);
    let goesOn = true;
    const company: Company = {
      world,
      recorder,
      chance: plan.chance,
      goesOn: () => goesOn,
      pause: (ms) => wait(ms),
    };
    const users = Array.from({ length: options.users }, (_, nth) =>
      user(company, world.admit(nth), options.restMs),
    );
    await Promise.all(users.map((one) => one.enter()));
    const lives = users.map((one) => one.live());
    const began = recorder.now();
    const under: Promise<void>[] = [];
    for (let phase = 0; phase < phases && recorder.now() - began < mostMs; phase++) {
      vane.phase = phase;
      await lasts(options, company, vane, (progress) => {
        under.push(...due(plan.incidents(phase), progress, company));
      });
    }
    goesOn = false;
    vane.phase = undefined;
    await Promise.all([...lives, ...under]);
    await recover(company, users);
    return {
      recording: recorder.recording,
      violations: violationsIn(recorder.recording, world),
    };
  } finally {
    clearInterval(watch);
    await world.close();
  }
}

const everyMs = 100;

function watchForStalls({ now, recording }: Recorder): NodeJS.Timeout {
  let last = now();
  return setInterval(() => {
    const ms = now() - last - everyMs;
    last = now();
    if (ms > everyMs) recording.stalls.push({ at: last, ms });
  }, everyMs);
}

/** Tells how far the phase is, from 0 to 1, whenever it has come further. */
async function lasts(
  { phaseRequests, phaseMs }: RunOptions,
  { recorder }: Company,
  vane: WeatherVane,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const [start, passed] = [recorder.now(), vane.passed];
  for (let from = 0; from < 1; ) {
    await wait(20);
    const requests = (vane.passed - passed) / phaseRequests;
    const to = Math.max(requests, (recorder.now() - start) / phaseMs);
    onProgress({ from, to });
    from = to;
  }
}

interface Progress {
  from: number;
  to: number;
}

const due = (planned: PlannedIncident[], { from, to }: Progress, company: Company) =>
  planned
    .filter(({ at }) => at >= from && at < to)
    .map(({ incident }) => happen(company, incident));

/** Whatever was begun can be finished, and everybody can work again. */
async function recover(company: Company, users: ReturnType<typeof user>[]): Promise<void> {
  const { now, recording } = company.recorder;
  const since = now();
  // On a busy machine an environment may die at its start even then.
  const isLate = () => now() > Math.max(since, recording.kills.at(-1)?.at ?? 0) + recoverWithinMs;
  const rotated = async (use: 'dpop' | 'assertion') => {
    const well = await rotate(company, use, () => !isLate());
    recording.recoveries.push({ who: 'the operator', what: `the ${use} rotation`, well });
  };
  await Promise.all([
    ...users.map((one) => one.recover(isLate)),
    ...company.world.keysInUse.map(rotated),
  ]);
}
