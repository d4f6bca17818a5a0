// Sign-outs that begin at the server, and reach us by each of its channels.
import { beforeAll, describe, expect, test } from 'vitest';
import { running } from '#test/support/running.ts';
import type { Answer, Visitor } from '#test/support/visitor.ts';
import { formOf, framesOf } from '../pages.ts';
import type { Channel, ClientAuth, Peer } from '../peer.ts';
import { admit, containers, sessionOf, signedIn } from '../visits.ts';

const patience = { timeout: 10_000, interval: 200 };

export function signOuts(auth: ClientAuth, peer: () => Peer, channels: Channel[]) {
  describe.each(channels)('a sign-out at the server that comes by the %s channel', (channel) => {
    const run = running(() => ({ config: peer().configOf(auth), containers }));
    beforeAll(() => admit(run, peer(), auth, { channel }));

    test('ends the session of that browser, and no other', async () => {
      const [visit, other] = [await signedIn(run, peer()), await signedIn(run, peer())];
      const page = await signOutThere(peer(), visit);
      if (channel === 'front') await loadFrames(page);
      await expect.poll(() => sessionOf(visit), patience).toEqual({ authenticated: false });
      expect(await sessionOf(other)).toMatchObject({ authenticated: true });
    });
  });
}

/** At its own page, where it asks whether that is meant. */
async function signOutThere({ issuer, paths }: Peer, visit: Visitor): Promise<Answer> {
  const { origin } = new URL(issuer);
  const page = await visit.navigate(`${origin}${paths.logout}`, { from: origin });
  const form = formOf(page);
  if (!form) throw new Error(`the server does not ask: ${page.status} ${page.text}`);
  return visit.navigate(form.action, { from: origin, form: form.fields });
}

/** Frames of another site get no cookie of ours. */
async function loadFrames(page: Answer): Promise<void> {
  const frames = framesOf(page);
  expect(frames).not.toEqual([]);
  for (const src of frames) {
    const answer = await fetch(src, {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' },
    });
    expect(answer.status).toBe(200);
  }
}
