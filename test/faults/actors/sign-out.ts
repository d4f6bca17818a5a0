// A person signs out, by the page's script or by a form, and again until the product says that it is done.
import type { SessionRecorded } from '#test/faults/recording/recording.ts';
import type { Visitor } from '#test/support/visitor.ts';
import type { Company } from './company.ts';

const mostTries = 8;

/** False: it was given up, and the session may live on or not. */
export async function signOut(
  { recorder, pause }: Company,
  visit: Visitor,
  session: SessionRecorded,
  how: 'fetch' | 'form',
): Promise<boolean> {
  const { user, name } = session;
  const path = '/bff/logout';
  const ending = recorder.ending('signed out', (one) => one === session);
  const act = how === 'form' ? 'sign_out_form' : 'sign_out';
  for (let tries = 0; tries < mostTries; tries++) {
    const { exchange } = await recorder.exchange(
      { act, user, session: name, method: 'POST', path, again: tries > 0 },
      () =>
        how === 'form'
          ? visit.navigate(path, { form: {}, until: () => true })
          : visit.fetch(path, { method: 'POST' }),
    );
    if (exchange.status === 204 || exchange.status === 303) {
      ending.confirm();
      return true;
    }
    await pause(300);
  }
  return false;
}
