// What changes at the server while people are signed in: its keys, and whether it is there at all.
import { beforeAll, describe, expect, test } from 'vitest';
import { codeOf, running } from '#test/support/running.ts';
import type { ClientAuth, Peer } from '../peer.ts';
import { admit, containers, me, sessionOf, signedIn } from '../visits.ts';
import { withExpiredToken } from './renewals.ts';

export function changes(auth: ClientAuth, peer: () => Peer) {
  describe('while somebody is signed in', () => {
    const run = running(() => ({ config: peer().configOf(auth), containers }));
    beforeAll(() => admit(run, peer(), auth));

    test('the server signs with a new key: the session goes on, and the next person gets in', async () => {
      const visit = await withExpiredToken(run, peer(), auth);
      const looks = peer().front.to(peer().paths.keys).length;
      await peer().rotateKeys();
      expect((await me(visit)).status).toBe(200);
      await signedIn(run, peer());
      expect(await sessionOf(visit)).toMatchObject({ authenticated: true });
      expect(peer().front.to(peer().paths.keys).length).toBeGreaterThan(looks);
    });

    test('the server restarts: calls wait for it, and then the session goes on', async () => {
      const visit = await withExpiredToken(run, peer(), auth);
      await peer().stop();
      const meanwhile = await me(visit);
      expect([meanwhile.status, codeOf(meanwhile)]).toEqual([503, 'refresh_unavailable']);
      expect(meanwhile.headers['retry-after']).toBeTruthy();
      expect(await sessionOf(visit)).toMatchObject({ authenticated: true });
      await peer().start();
      await expect.poll(async () => (await me(visit)).status, { timeout: 20_000 }).toBe(200);
      expect(run.logged('session.ended')).toEqual([]);
    });
  });
}
