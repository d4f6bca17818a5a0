// A browser with a key in its device binds the session to it, and proves the key now and then.
import type { SessionRecorded } from '#test/faults/recording/recording.ts';
import { aDevice, challengeIn, type Device, deviceName, postProof } from '#test/support/device.ts';
import type { Visitor } from '#test/support/visitor.ts';
import type { Company } from './company.ts';

export interface Bound {
  device: Device;
  challenge: string;
}

const mostTries = 4;

/** Undefined: it is not bound, as far as this browser knows. */
export async function bind(
  { recorder, pause }: Company,
  visit: Visitor,
  session: SessionRecorded,
  offer: string,
): Promise<Bound | undefined> {
  const device = await aDevice();
  for (let tries = 0; tries < mostTries; tries++) {
    const { answer, exchange } = await prove(recorder, visit, session, 'register', tries > 0, () =>
      device.registration(offer),
    );
    if (answer && exchange.status === 200)
      return { device, challenge: challengeIn(answer).challenge };
    if (answer && exchange.status === 403 && tries > 0) {
      // It had been bound by the first request: the key proves itself.
      const challenge = challengeOf(answer);
      const bound = challenge && { device, challenge };
      return bound && (await refresh({ recorder, pause }, visit, session, bound))
        ? bound
        : undefined;
    }
    await pause(200);
  }
  return undefined;
}

/** Gets the next bound cookie. */
export async function refresh(
  { recorder, pause }: Pick<Company, 'recorder' | 'pause'>,
  visit: Visitor,
  session: SessionRecorded,
  bound: Bound,
): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries++) {
    const { answer, exchange } = await prove(recorder, visit, session, 'refresh', tries > 0, () =>
      bound.device.proof(bound.challenge),
    );
    if (answer && (exchange.status === 200 || exchange.status === 403)) {
      bound.challenge = challengeOf(answer) ?? bound.challenge;
    }
    if (exchange.status === 200) return true;
    if (exchange.status === 401) return false;
    await pause(200);
  }
  return false;
}

function prove(
  recorder: Company['recorder'],
  visit: Visitor,
  { user, name }: SessionRecorded,
  to: 'register' | 'refresh',
  again: boolean,
  proof: () => Promise<string>,
) {
  const act = to === 'register' ? 'register_device' : 'refresh_device';
  const asked = {
    act,
    user,
    session: name,
    method: 'POST',
    path: `/bff/device/${to}`,
    again,
  } as const;
  return recorder.exchange(asked, async () => postProof(visit, to, await proof()));
}

export const hasBoundCookie = (visit: Visitor) => visit.cookie(deviceName) !== undefined;

function challengeOf(answer: Parameters<typeof challengeIn>[0]): string | undefined {
  try {
    return challengeIn(answer).challenge;
  } catch {
    return undefined;
  }
}
