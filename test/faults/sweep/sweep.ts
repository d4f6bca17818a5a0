// Each fault at each request of a step, one at a time. The step is done without a fault to see what it asks, in warm
// environments and in cold ones; then once for each case, each time by somebody else.
import { setTimeout as wait } from 'node:timers/promises';
import type { Company } from '#test/faults/actors/company.ts';
import { chance } from '#test/faults/plan/chance.ts';
import { emptyRecording, recorder as recorderOf } from '#test/faults/recording/recorder.ts';
import { startWorld } from '#test/faults/world/world.ts';
import { aim as aimOf } from './aim.ts';
import { type Case, casesOf } from './cases.ts';
import { type Ground, type Played, play } from './play.ts';
import type { Step } from './steps.ts';

export interface Verdict extends Case, Pick<Played, 'answers' | 'violations'> {}

/** A world for steps with the same client and the same life of tokens. */
export async function startGround(step: Pick<Step, 'client' | 'tokenSeconds'>) {
  const recorder = recorderOf(emptyRecording());
  const aim = aimOf(recorder);
  const world = await startWorld({
    recorder,
    vane: aim,
    slowMs: () => 400,
    client: step.client ?? 'key',
    regions: 1,
    tokenSeconds: step.tokenSeconds ?? 60,
    environments: 20,
  });
  const company: Company = {
    world,
    recorder,
    chance: chance(0),
    goesOn: () => true,
    pause: (ms) => wait(ms),
  };
  return { company, aim, close: () => world.close() };
}

export async function sweep(
  ground: Ground,
  step: Step,
  isChosen: (one: Case) => boolean,
): Promise<Verdict[]> {
  const warmUp = () => play(ground, step, { cold: false });
  await warmUp();
  const { seen: warm } = await warmUp();
  const { seen: cold } = await play(ground, step, { cold: true });
  const verdicts: Verdict[] = [];
  let isWarm = false;
  for (const one of casesOf(step.name, { warm, cold }).filter(isChosen)) {
    if (!one.cold && !isWarm && !step.runs.every(isWarmedByCalls)) await warmUp();
    const { met, answers, violations } = await play(ground, step, one);
    const missed = met ? [] : ['the request did not come'];
    verdicts.push({ ...one, answers, violations: [...missed, ...violations] });
    isWarm = !one.cold && !one.fault.startsWith('killed');
  }
  return verdicts;
}

/** Whoever gets into place signs in and makes a call. */
const isWarmedByCalls = (name: string) => name === 'auth' || name === 'proxy';
