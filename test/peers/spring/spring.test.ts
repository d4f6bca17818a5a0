// The broker at a real Spring Authorization Server, and an API behind Spring Security, which demands DPoP.
import { afterAll, beforeAll, test } from 'vitest';
import { changes } from '#test/support/peers/journeys/changes.ts';
import { clientAuthentication } from '#test/support/peers/journeys/client-authentication.ts';
import { ownApi } from '#test/support/peers/journeys/own-api.ts';
import { prompts } from '#test/support/peers/journeys/prompts.ts';
import { renewals } from '#test/support/peers/journeys/renewals.ts';
import type { ClientAuth, Peer } from '#test/support/peers/peer.ts';
import { isInstalled } from '../installed.ts';
import { startSpring } from './server.ts';

const confidential: ClientAuth[] = ['private_key_jwt', 'client_secret_basic', 'client_secret_post'];

if (isInstalled('spring')) {
  let spring: Peer;
  const peer = () => spring;
  beforeAll(async () => {
    spring = await startSpring();
  });
  afterAll(() => spring?.close());

  // Spring gives a public client no refresh token.
  const does = { pushes: confidential, renews: confidential, revokes: confidential };
  clientAuthentication([...confidential, 'none'], peer, does);
  renewals('private_key_jwt', peer, { ends: true });
  prompts('private_key_jwt', peer, {
    silence: false,
    maxAge: false,
    acr: { value: 'gold', reached: false },
  });

  ownApi('Spring Security', 'private_key_jwt', peer, () => ({
    front: peer().front,
    path: '/api/orders',
  }));
  changes('private_key_jwt', peer);
} else {
  test.skip('Spring is not installed: npm run peers:install, with a JDK and Maven', () => {});
}
