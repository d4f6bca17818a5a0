// What a sign-in can ask of the server: silence, a fresh sign-in, more assurance.
import { beforeAll, describe, expect, test } from 'vitest';
import { queryOf, running } from '#test/support/running.ts';
import { asksForPassword } from '../pages.ts';
import type { ClientAuth, Peer } from '../peer.ts';
import { admit, containers, pause, sessionOf, signedIn, signIn } from '../visits.ts';

export interface Knows {
  /** `prompt=none` for somebody who is not signed in. */
  silence: boolean;
  maxAge: boolean;
  acr: { value: string; reached: boolean };
}

export function prompts(auth: ClientAuth, peer: () => Peer, knows: Knows) {
  describe('a sign-in that asks', () => {
    const run = running(() => ({ config: peer().configOf(auth), containers }));
    beforeAll(() => admit(run, peer(), auth));

    if (knows.silence) {
      test('for silence comes back with login_required, and succeeds for somebody signed in there', async () => {
        const visit = run.someone();
        const refused = await visit.navigate('/bff/login?prompt=none');
        expect(queryOf(refused).get('login_error')).toBe('login_required');
        await signIn(run, peer(), { visit });
        const page = await visit.navigate('/bff/login?prompt=none');
        expect(page.url.origin).toBe(run.system.url);
        expect(queryOf(page).get('login_error')).toBeNull();
      });
    }

    if (knows.maxAge) {
      test('for a fresh sign-in leads to the password again', async () => {
        const visit = await signedIn(run, peer());
        await pause(2500);
        const asked = await visit.navigate('/bff/login?max_age=1');
        expect(asksForPassword(asked)).toBe(true);
      });
    }

    const { value, reached } = knows.acr;
    test(`for more assurance ${reached ? 'gets it' : 'that the server does not give is refused, and the session stays'}`, async () => {
      const visit = await signedIn(run, peer());
      const first = await sessionOf(visit);
      expect(first.acr).not.toBe(value);
      const { page } = await signIn(run, peer(), {
        visit,
        login: `/bff/login?acr_values=${value}&max_age=3600`,
      });
      expect(queryOf(page).get('login_error')).toBe(reached ? null : 'login_failed');
      expect(await sessionOf(visit)).toMatchObject({
        authenticated: true,
        ...(reached && { acr: value }),
      });
    });
  });
}
