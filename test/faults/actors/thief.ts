// Somebody with a cookie of a session that is over, with the cookie of a bound session alone, or with a used proof.
import type { SessionRecorded } from '#test/faults/recording/recording.ts';
import { sessionName } from '#test/support/running.ts';
import type { Visitor } from '#test/support/visitor.ts';
import * as calls from './calls.ts';
import type { Company } from './company.ts';

export interface Over {
  cookie: string;
  /** The name of the session. */
  name: string;
}

export async function useWhatIsOver(company: Company, user: string, over: Over): Promise<void> {
  const visit = company.world.visitor();
  visit.plant(sessionName, over.cookie);
  const caller = { user, visit, session: over.name };
  await calls.session(company, caller);
  await calls.get(company, caller);
}

export async function stealProof({ world, recorder }: Company, name: string): Promise<void> {
  const stolen = world.orders.lastCall.value;
  if (!stolen) return;
  const { method, url, token, proof } = stolen;
  await recorder.exchange(
    { act: 'stolen_proof', user: name, method, path: new URL(url).pathname },
    async () => {
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      const answer = await fetch(url, { method, headers });
      return { status: answer.status, headers: {}, text: await answer.text() };
    },
  );
}

/** The session cookie in another browser. */
export async function tryWithoutDevice(
  { recorder, world }: Company,
  visit: Visitor,
  { user, name }: SessionRecorded,
): Promise<void> {
  const thief = world.visitor();
  thief.plant(sessionName, visit.cookie(sessionName) ?? '');
  const path = '/bff/api/own/echo';
  await recorder.exchange({ act: 'without_device', user, session: name, method: 'GET', path }, () =>
    thief.fetch(path),
  );
}
