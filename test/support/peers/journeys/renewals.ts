// Renewals at a server whose refresh tokens rotate strictly, and what may go wrong on the way.
import { beforeAll, describe, expect, test } from 'vitest';
import { codeOf, type Running, running } from '#test/support/running.ts';
import type { Visitor } from '#test/support/visitor.ts';
import { throughPages } from '../pages.ts';
import type { ClientAuth, Peer } from '../peer.ts';
import { admit, containers, grants, me, pause, sessionOf, signedIn } from '../visits.ts';

/** `ends`: whether a session is over when the answer to a renewal was lost. */
export function renewals(auth: ClientAuth, peer: () => Peer, { ends }: { ends: boolean }) {
  describe('a session whose token has expired', () => {
    const run = running(() => ({ config: peer().configOf(auth), containers }));
    beforeAll(() => admit(run, peer(), auth));

    test('goes on over renewals, each with the newest refresh token', async () => {
      const visit = await withExpiredToken(run, peer(), auth, 'as long as before');
      const before = grants(peer(), 'refresh_token').length;
      for (const round of [1, 2, 3]) {
        if (round > 1) await pause(2500);
        expect((await me(visit)).status).toBe(200);
      }
      const renewed = grants(peer(), 'refresh_token').slice(before);
      expect(renewed.length).toBeGreaterThanOrEqual(3);
      const sent = renewed.map(({ form }) => form.get('refresh_token'));
      const given = renewed.map(({ answer }) => JSON.parse(answer?.text ?? '').refresh_token);
      expect(sent.slice(1)).toEqual(given.slice(0, -1));
      expect(new Set(sent).size).toBe(sent.length);
    });

    test('goes on while the key set of the server is away', async () => {
      const visit = await withExpiredToken(run, peer(), auth);
      // From a cold start nobody knows a key.
      await run.system.redeploy({});
      peer().front.spoil(peer().paths.keys, { status: 503 });
      const answer = await me(visit);
      peer().front.mend();
      expect(answer.status).toBe(200);
      expect(run.logged('session.ended')).toEqual([]);
    });

    test('goes on after a fresh sign-in in the same browser that was given up', async () => {
      const visit = await withExpiredToken(run, peer(), auth);
      const page = await visit.navigate('/bff/login?prompt=login', { until: isCallback });
      const there = await throughPages(visit, page, run.system.url, peer().user, isCallback);
      expect(there.headers.location).toContain('/bff/callback?');
      expect((await me(visit)).status).toBe(200);
      expect(run.logged('session.ended')).toEqual([]);
    });

    test(`${ends ? 'ends' : 'goes on'} when the answer to its renewal is lost`, async () => {
      const visit = await withExpiredToken(run, peer(), auth);
      peer().front.spoil(peer().paths.token, 'lose');
      const lost = await me(visit);
      peer().front.mend();
      expect([lost.status, codeOf(lost)]).toEqual([503, 'refresh_unavailable']);
      const next = await me(visit);
      expect(next.status).toBe(ends ? 401 : 200);
      if (ends) expect(codeOf(next)).toBe('session_expired');
      expect(await sessionOf(visit)).toMatchObject({ authenticated: !ends });
    });
  });
}

const isCallback = (next: URL) => next.pathname === '/bff/callback';

/** Somebody whose first access token is over; the next ones last five minutes unless it is said otherwise. */
export async function withExpiredToken(
  run: Running,
  peer: Peer,
  auth: ClientAuth,
  then: 'for minutes' | 'as long as before' = 'for minutes',
): Promise<Visitor> {
  await admit(run, peer, auth, { tokenSeconds: 2 });
  const visit = await signedIn(run, peer);
  if (then === 'for minutes') await admit(run, peer, auth);
  await pause(2500);
  return visit;
}
