// The operator rotates keys, revokes sessions and pulls the kill switch.
import type { Company } from './company.ts';

export type Use = 'dpop' | 'assertion';
type Event = Parameters<Company['world']['operator']['operate']>[0];

const reason = 'a test';

/** Again and again until it is done: whoever goes on with it takes over. False: it is not. */
export async function rotate(company: Company, use: Use, goesOn: () => boolean): Promise<boolean> {
  const takeOver = { takeOver: true, driver: company.recorder.name('driver') };
  const event = {
    action: 'rotate',
    use,
    settleSeconds: 0,
    publishSeconds: 1,
    ...takeOver,
  } as const;
  return drive(company, { ...event, reason }, goesOn);
}

export async function revoke(company: Company, user: string): Promise<void> {
  const { recorder, world } = company;
  const ending = recorder.ending('operator', (one) => one.user === user);
  const whose = { user: world.idOf(user) };
  const well = await drive(company, { action: 'revoke', whose, reason }, company.goesOn);
  if (well) ending.confirm();
  ending.finish();
}

/**
 * The kill switch: the active key stops signing while everybody works, and whoever has a session on it loses it. Then
 * another key takes its place.
 */
export async function killSwitch(company: Company, use: Use, goesOn: () => boolean): Promise<void> {
  const { recorder, world, pause } = company;
  const key = await world.operator.active(use).catch(() => undefined);
  if (key === undefined) return;
  // An assertion key has none.
  const { names, jkt } = await world.sessionsOn(key);
  const isOn = new Set(names);
  const ending = recorder.ending('kill switch', ({ name }) => isOn.has(name));
  // Whoever signs in at this moment may get a session on it.
  const perhaps = recorder.ending('perhaps on the key', () => use === 'dpop');
  const stopped = await drive(company, { action: 'disable', key, now: true, reason }, goesOn);
  if (stopped) {
    ending.confirm();
    if (jkt) recorder.recording.disabled.push({ jkt, at: recorder.now() });
  }
  await pause(500);
  await rotate(company, use, goesOn);
  ending.finish();
  perhaps.finish();
}

const mostTries = 40;

async function drive(company: Company, event: Event, goesOn: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < mostTries && goesOn(); ) {
    const status = await operate(company, event);
    if (status === 'done') return true;
    // What waits goes on by itself: for a key, say, of which KMS did not tell whether it was made.
    if (status !== 'waiting') tries++;
    await company.pause(400);
  }
  return false;
}

async function operate({ recorder, world }: Company, event: Event): Promise<string | undefined> {
  const { exchange, answer } = await recorder.exchange(
    { act: 'operator', user: 'operator', method: 'INVOKE', path: event.action },
    async () => {
      const outcome = await world.operator.operate(event);
      return { status: 200, headers: {}, text: outcome.status, outcome };
    },
  );
  if (answer?.outcome.code) exchange.code = answer.outcome.code;
  return answer?.outcome.status;
}
