// The broker at oidc-provider with its authors' pages and rules, which are as unlike Okta's as it knows.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { expressIsHere, startExpressApi } from '#test/support/peers/express-api.ts';
import { changes } from '#test/support/peers/journeys/changes.ts';
import { clientAuthentication } from '#test/support/peers/journeys/client-authentication.ts';
import { ownApi } from '#test/support/peers/journeys/own-api.ts';
import { prompts } from '#test/support/peers/journeys/prompts.ts';
import { renewals } from '#test/support/peers/journeys/renewals.ts';
import { signOuts } from '#test/support/peers/journeys/sign-outs.ts';
import { ordersApi, startOidcProvider } from '#test/support/peers/oidc-provider.ts';
import type { ClientAuth, Peer } from '#test/support/peers/peer.ts';

let peer: Peer;
beforeAll(async () => {
  peer = await startOidcProvider();
});
afterAll(() => peer?.close());

const ways: ClientAuth[] = ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'none'];

clientAuthentication(ways, () => peer, { pushes: ways, renews: ways, revokes: ways });
renewals('private_key_jwt', () => peer, { ends: true });
changes('private_key_jwt', () => peer);
signOuts('private_key_jwt', () => peer, ['back']);
prompts('private_key_jwt', () => peer, {
  silence: true,
  maxAge: true,
  acr: { value: 'silver', reached: false },
});

if (expressIsHere) {
  describe('with tokens that are JWTs for one API', () => {
    let other: Peer;
    let api: Awaited<ReturnType<typeof startExpressApi>>;
    beforeAll(async () => {
      other = await startOidcProvider('PS256');
      const jwksUri = `${other.front.origin}${other.paths.keys}`;
      const { issuer } = other;
      api = await startExpressApi({
        issuer,
        audience: ordersApi,
        jwksUri,
        tokenSigningAlg: 'PS256',
      });
    });
    afterAll(async () => {
      await api?.close();
      await other?.close();
    });
    ownApi(
      'express-oauth2-jwt-bearer',
      'private_key_jwt',
      () => other,
      () => ({
        front: api.front,
        path: '/orders',
        needs: { scopes: ['openid', 'profile', 'email', 'orders'], resource: ordersApi },
      }),
    );
  });
} else {
  test.skip('an API behind express-oauth2-jwt-bearer is not installed (.ci/run installs it)', () => {});
}
