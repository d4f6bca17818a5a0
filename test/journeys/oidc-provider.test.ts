// The broker at oidc-provider with its authors' pages and rules, which are as unlike Okta's as it knows.
import { afterAll, beforeAll } from 'vitest';
import { changes } from '#test/support/peers/journeys/changes.ts';
import { clientAuthentication } from '#test/support/peers/journeys/client-authentication.ts';
import { prompts } from '#test/support/peers/journeys/prompts.ts';
import { renewals } from '#test/support/peers/journeys/renewals.ts';
import { signOuts } from '#test/support/peers/journeys/sign-outs.ts';
import { startOidcProvider } from '#test/support/peers/oidc-provider.ts';
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
