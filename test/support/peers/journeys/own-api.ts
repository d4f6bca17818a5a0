// An API behind somebody else's check of proofs: it takes ours, and nothing else.
import { beforeAll, describe, expect, test } from 'vitest';
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import { running } from '#test/support/running.ts';
import type { Front } from '../front.ts';
import type { ClientAuth, Peer } from '../peer.ts';
import { admit, containers, sessionOf, signedIn } from '../visits.ts';

export interface OwnApi {
  /** What stands before it, and says what came. */
  front: Front;
  /** Its path there; it answers everything below with the caller's `sub`. */
  path: string;
  /** What the configuration needs for it, besides the route. */
  needs?: { scopes?: string[]; resource?: string };
}

export function ownApi(name: string, auth: ClientAuth, peer: () => Peer, api: () => OwnApi) {
  describe(`an API behind ${name}`, () => {
    const run = running(() => ({ config: configWith(peer().configOf(auth), api()), containers }));
    beforeAll(() => admit(run, peer(), auth));

    test('takes our proof for every call', async () => {
      const visit = await signedIn(run, peer());
      const { user } = await sessionOf(visit);
      for (const path of ['1', 'a%20b', '%C3%A4?x=1&x=2', '1']) {
        const answer = await visit.fetch(`/bff/api/orders/${path}`);
        expect([answer.status, answer.text], path).toEqual([
          200,
          expect.stringContaining(String(user?.sub)),
        ]);
      }
    });

    test('refuses the token without its proof, and the proof for another path', async () => {
      const visit = await signedIn(run, peer());
      expect((await visit.fetch('/bff/api/orders/1')).status).toBe(200);
      const { headers, path = '' } = api().front.seen.at(-1) ?? {};
      const { authorization = '', dpop = '' } = headers ?? {};
      expect(authorization).toMatch(/^DPoP /);
      const ask = async (at: string, sent: Record<string, string>) =>
        (await fetch(`${api().front.origin}${at}`, { headers: sent })).status;
      const bearer = authorization.replace('DPoP', 'Bearer');
      const refusals = [
        await ask(path, { authorization }),
        await ask(path, { authorization: bearer }),
        await ask(`${path}0`, { authorization, dpop: String(dpop) }),
      ];
      // Some say that the request is wrong, and not the token.
      for (const status of refusals) expect([400, 401]).toContain(status);
    });
  });
}

const configWith = (config: OwnConfig, { front, path, needs = {} }: OwnApi): OwnConfig => ({
  ...config,
  ...(needs.scopes && { scopes: needs.scopes }),
  routes: [
    ...(config.routes ?? []),
    {
      path: '/bff/api/orders/*',
      upstream: `${front.origin}${path}`,
      ...(needs.resource && { resource: needs.resource }),
    },
  ],
});
