// The broker at a real Keycloak, with the settings of docs/other-servers.md.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changes } from '#test/support/peers/journeys/changes.ts';
import { clientAuthentication } from '#test/support/peers/journeys/client-authentication.ts';
import { ownApi } from '#test/support/peers/journeys/own-api.ts';
import { prompts } from '#test/support/peers/journeys/prompts.ts';
import { renewals } from '#test/support/peers/journeys/renewals.ts';
import { signOuts } from '#test/support/peers/journeys/sign-outs.ts';
import type { ClientAuth } from '#test/support/peers/peer.ts';
import { admit, containers, sessionOf, signedIn, signIn } from '#test/support/peers/visits.ts';
import { codeOf, running } from '#test/support/running.ts';
import { isInstalled } from '../installed.ts';
import { startQuarkusApi } from '../quarkus/api.ts';
import { startCarefulApi } from './careful-api.ts';
import { type Keycloak, startKeycloak } from './server.ts';

const ways: ClientAuth[] = ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'none'];

if (isInstalled('keycloak')) {
  let keycloak: Keycloak;
  const peer = () => keycloak;
  beforeAll(async () => {
    keycloak = await startKeycloak();
  });
  afterAll(() => keycloak?.close());

  clientAuthentication(ways, peer, { pushes: ways, renews: ways, revokes: ways });
  signOuts('private_key_jwt', peer, ['back', 'front']);
  prompts('private_key_jwt', peer, {
    silence: true,
    maxAge: true,
    acr: { value: 'gold', reached: true },
  });

  if (isInstalled('quarkus')) {
    let api: Awaited<ReturnType<typeof startQuarkusApi>>;
    beforeAll(async () => {
      api = await startQuarkusApi(keycloak.issuer);
    });
    afterAll(() => api?.close());
    ownApi('Quarkus OIDC', 'private_key_jwt', peer, () => ({ front: api.front, path: '/orders' }));
  } else {
    test.skip('an API behind Quarkus OIDC is not installed: npm run peers:install', () => {});
  }

  describe('an API that wants a stronger sign-in', () => {
    const run = running(() => ({ config: peer().configOf('private_key_jwt'), containers }));
    beforeAll(async () => {
      await admit(run, peer(), 'private_key_jwt');
      const { origin } = await startCarefulApi(afterAll);
      const route = { path: '/bff/api/vault/*', upstream: `${origin}/vault` };
      await run.system.redeploy({ routes: [route] });
    });

    test('gets it where the page follows the address of the refusal', async () => {
      const visit = await signedIn(run, peer());
      const refused = await visit.fetch('/bff/api/vault/1');
      expect([refused.status, codeOf(refused)]).toEqual([401, 'step_up_required']);
      const login = refused.json<{ login_url: string }>().login_url;
      await signIn(run, peer(), { visit, login });
      expect(await sessionOf(visit)).toMatchObject({ acr: 'gold' });
      expect((await visit.fetch('/bff/api/vault/1')).json()).toEqual({ secret: 'of gold' });
    });
  });

  describe('an administrator who signs a user out', () => {
    const run = running(() => ({ config: peer().configOf('private_key_jwt'), containers }));
    beforeAll(() => admit(run, peer(), 'private_key_jwt'));

    test('ends each session of that user here', async () => {
      const visits = [await signedIn(run, peer()), await signedIn(run, peer())];
      await keycloak.admin.signOutEverywhere(peer().user.username);
      for (const visit of visits) {
        await expect.poll(() => sessionOf(visit)).toEqual({ authenticated: false });
      }
    });
  });

  describe('where a refresh token may be used once more', () => {
    renewals('private_key_jwt', peer, { ends: false });
  });
  describe('where a refresh token may be used once', () => {
    beforeAll(() => keycloak.admin.changeRealm({ refreshTokenMaxReuse: 0 }));
    renewals('private_key_jwt', peer, { ends: true });
  });
  changes('private_key_jwt', peer);
} else {
  test.skip('Keycloak is not installed: npm run peers:install, with a JDK and Maven', () => {});
}
