// One case: a person gets into place, does the step while one request of it goes wrong, and is looked at afterwards.
import * as calls from '#test/faults/actors/calls.ts';
import type { Company } from '#test/faults/actors/company.ts';
import * as device from '#test/faults/actors/device.ts';
import { useWhatIsOver } from '#test/faults/actors/thief.ts';
import { violationsIn } from '#test/faults/invariants/index.ts';
import { cut } from '#test/faults/recording/cut.ts';
import type { Exchange, Recording } from '#test/faults/recording/recording.ts';
import { sessionName } from '#test/support/running.ts';
import type { Aim, Target } from './aim.ts';
import type { Case } from './cases.ts';
import { arrive, type Scene, sceneOf } from './scene.ts';
import type { Step } from './steps.ts';

export interface Ground {
  company: Company;
  aim: Aim;
}

export interface Played {
  /** What the step asked. */
  seen: Target[];
  /** The request that was to go wrong came. */
  met: boolean;
  /** What was answered, in order. */
  answers: string[];
  /** What did not hold. */
  violations: string[];
}

export async function play(
  { company, aim }: Ground,
  step: Step,
  { cold, target, fault }: Pick<Case, 'cold'> & Partial<Case>,
): Promise<Played> {
  const { world, recorder } = company;
  const scene = sceneOf(company, world.admit(nextPerson++));
  if (step.session !== 'begins') {
    await arriveAtLast(scene);
    // The environments that calls go to know the session.
    await untilWell(scene);
  }
  await step.prepare?.(scene);
  const cookie = scene.visit.cookie(sessionName) ?? '';
  if (cold) await world.environments.rest(step.runs);
  const before = recorder.recording.exchanges.length;
  const die = () => world.environments.killAll(step.runs);
  aim.take(target && fault && { target, fault, die });
  await step.act(scene);
  const { seen, met } = aim.rest();
  const answers = summary(recorder.recording.exchanges.slice(before));
  if (step.session === 'ends') await expectOver(scene, cookie);
  else await expectWell(scene);
  await scene.visit.fetch('/bff/logout', { method: 'POST' });
  return { seen, met, answers, violations: violated(cut(recorder.recording), company) };
}

/** All sweeps of a process share the stand-in's people. */
let nextPerson = 0;

const mostTries = 6;
/** With their pauses, these take longer than the longest pause of a renewal. */
const mostCalls = 40;

/** A busy machine may start an environment too late. */
async function arriveAtLast(scene: Scene): Promise<void> {
  for (let tries = 0; !scene.isIn() && tries < mostTries; tries++) await arrive(scene);
}

/** Nothing goes wrong any more: the session works. Only who was not let in signs in again. */
async function expectWell(scene: Scene): Promise<void> {
  const { company, user } = scene;
  await arriveAtLast(scene);
  const well = await untilWell(scene);
  company.recorder.recording.recoveries.push({ who: user, what: 'the session', well });
}

/** Renewals may have to wait, because the token endpoint has asked for a pause. */
async function untilWell({ company, caller, current, visit, bound }: Scene): Promise<boolean> {
  for (let tries = 0; tries < mostCalls; tries++) {
    const { status, code } = await calls.get(company, caller());
    if (status === 200) return true;
    // It is over, and waiting does not help.
    if (code === 'session_expired' || code === 'not_signed_in') return false;
    if (code === 'device_proof_required' && bound) {
      await device.refresh(company, visit, current(), bound);
    }
    await company.pause(500);
  }
  return false;
}

/** The cookie that the browser had opens nothing. */
async function expectOver({ company, user, current }: Scene, cookie: string): Promise<void> {
  const { recording } = company.recorder;
  const before = recording.exchanges.length;
  await useWhatIsOver(company, user, { cookie, name: current().name });
  const well = recording.exchanges
    .slice(before)
    .every(({ status, authenticated }) => status === 401 || authenticated === false);
  recording.recoveries.push({ who: user, what: 'the end of the session', well });
}

const violated = (recording: Recording, { world }: Company): string[] =>
  violationsIn(recording, world).map(({ invariant, what }) => `${invariant}: ${what}`);

/** Each answer, and how often it came in a row. */
function summary(exchanges: readonly Exchange[]): string[] {
  const rows: { said: string; times: number }[] = [];
  for (const { act, status, code } of exchanges) {
    const said = [act, status ?? 'no answer', code].filter(Boolean).join(' ');
    const last = rows.at(-1);
    if (last?.said === said) last.times += 1;
    else rows.push({ said, times: 1 });
  }
  return rows.map(({ said, times }) => (times > 1 ? `${said} (${times} times)` : said));
}
