// The walk that every app takes, by each way in which an app can prove who it is.
import { beforeAll, describe, expect, test } from 'vitest';
import { running } from '#test/support/running.ts';
import { asksForPassword } from '../pages.ts';
import type { ClientAuth, Peer } from '../peer.ts';
import {
  admit,
  containers,
  grants,
  lastWords,
  me,
  neverBearer,
  newestRefreshToken,
  pause,
  sessionOf,
  signedIn,
  signOut,
} from '../visits.ts';

export interface Does {
  /** The ways that push their authorization requests. */
  pushes: ClientAuth[];
  /** The ways that get a refresh token. */
  renews: ClientAuth[];
  /** The ways that may revoke it. */
  revokes: ClientAuth[];
}

const calls = 30;

export function clientAuthentication(ways: ClientAuth[], peer: () => Peer, does: Does) {
  describe.each(ways)('as a client with %s', (auth) => {
    const run = running(() => ({ config: peer().configOf(auth), containers }));
    beforeAll(() => admit(run, peer(), auth));

    test('somebody signs in, and calls an API with a proof', async () => {
      const before = peer().front.to(peer().paths.par).length;
      const visit = await signedIn(run, peer());
      expect(await sessionOf(visit)).toMatchObject({
        authenticated: true,
        user: { sub: expect.any(String) },
      });
      const answer = await me(visit);
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ sub: (await sessionOf(visit)).user?.sub });
      const { headers } = peer().front.to(peer().paths.userinfo).at(-1) ?? {};
      expect(headers?.authorization).toMatch(/^DPoP /);
      expect(headers?.dpop).toBeTruthy();
      const pushed = peer().front.to(peer().paths.par).slice(before);
      expect(pushed.some(({ answer }) => answer?.status === 201)).toBe(does.pushes.includes(auth));
      neverBearer(peer());
    });

    if (does.renews.includes(auth)) {
      test(`${calls} calls at once on an expired token cause one renewal`, async () => {
        await admit(run, peer(), auth, { tokenSeconds: 2 });
        const visit = await signedIn(run, peer());
        await admit(run, peer(), auth);
        await pause(2500);
        const before = grants(peer(), 'refresh_token').length;
        const answers = await Promise.all(Array.from({ length: calls }, () => me(visit)));
        const statuses = answers.map(({ status }) => status);
        expect(statuses, lastWords(run)).toEqual(Array(calls).fill(200));
        expect(grants(peer(), 'refresh_token').slice(before)).toHaveLength(1);
        expect(await sessionOf(visit)).toMatchObject({ authenticated: true });
      });
    } else {
      test('without a refresh token the session ends with its access token', async () => {
        await admit(run, peer(), auth, { tokenSeconds: 2 });
        const visit = await signedIn(run, peer());
        await admit(run, peer(), auth);
        await pause(2500);
        expect((await me(visit)).status).toBe(401);
      });
    }

    test('signing out by the form ends the session here and there, and comes back', async () => {
      const visit = await signedIn(run, peer());
      const page = await signOut(run, peer(), visit);
      expect(page.url.origin).toBe(run.system.url);
      expect(await sessionOf(visit)).toEqual({ authenticated: false });
      expect(asksForPassword(await visit.navigate('/bff/login'))).toBe(true);
    });

    if (does.revokes.includes(auth)) {
      test('signing out by a fetch revokes the tokens', async () => {
        const visit = await signedIn(run, peer());
        const token = newestRefreshToken(peer()) ?? '';
        expect(await peer().isAlive(token)).toBe(true);
        const before = peer().front.to(peer().paths.revoke).length;
        expect((await visit.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
        const revocations = peer().front.to(peer().paths.revoke).slice(before);
        expect(revocations.map(({ answer }) => answer?.status)).toEqual([200, 200]);
        expect(await peer().isAlive(token)).toBe(false);
      });
    }
  });
}
