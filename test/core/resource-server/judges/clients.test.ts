// Proofs that other people's libraries make are accepted.
import { exportJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { judge } from '#test/support/judges.ts';
import {
  athOf,
  type Client,
  clientWith,
  type OwnApi,
  origin,
  ownApi,
} from '#test/support/own-api.ts';
import { type ByJava, javaIsHere, javaProgram } from './java.ts';

let api: OwnApi;
beforeAll(async () => {
  api = await ownApi();
  api.clock.now = () => Date.now();
});

const uri = `${origin}/orders`;

async function accepted(client: Client, token: string, proof: string) {
  const authorization = [`DPoP ${token}`];
  const verdict = await api.verify({ method: 'GET', url: '/orders', authorization, dpop: [proof] });
  expect(verdict).toMatchObject({ kind: 'accepted', access: { jkt: client.jkt } });
}

const pairOf = ({ privateKey, publicKey }: Client) => ({ privateKey, publicKey });

test.each(['ES256', 'RS256', 'PS256', 'Ed25519'])('of oauth4webapi with %s', async (alg) => {
  const client = await clientWith(alg);
  const token = await api.token(client);
  let proof = '';
  await oauth.protectedResourceRequest(token, 'GET', new URL(uri), undefined, undefined, {
    DPoP: oauth.DPoP({}, pairOf(client)),
    [oauth.customFetch]: async (_url, { headers }) => {
      proof = new Headers(headers).get('dpop') ?? '';
      return new Response();
    },
  });
  await accepted(client, token, proof);
});

type Pair = ReturnType<typeof pairOf>;
const dpop = await judge<{
  generateProof(
    pair: Pair,
    htu: string,
    htm: string,
    nonce: undefined,
    token: string,
  ): Promise<string>;
}>('dpop', 'build/index.js');
const okta = await judge<{
  generateDPoPProof(asked: {
    keyPair: Pair;
    url: string;
    method: string;
    accessToken: string;
  }): Promise<string>;
}>('@okta/okta-auth-js', 'esm/node/oidc/dpop.js');

if (dpop) {
  test.each(['ES256', 'RS256', 'PS256', 'Ed25519'])('of dpop with %s', async (alg) => {
    const client = await clientWith(alg);
    const token = await api.token(client);
    const proof = await dpop.generateProof(pairOf(client), uri, 'GET', undefined, token);
    await accepted(client, token, proof);
  });
} else {
  test.skip('of dpop: not installed (npm i dpop)', () => {});
}

if (okta) {
  test('of okta-auth-js', async () => {
    const client = await clientWith('RS256');
    const accessToken = await api.token(client);
    const asked = { keyPair: pairOf(client), url: uri, method: 'GET', accessToken };
    await accepted(client, accessToken, await okta.generateDPoPProof(asked));
  });
} else {
  test.skip('of okta-auth-js: not installed (npm i @okta/okta-auth-js)', () => {});
}

if (javaIsHere) {
  test('of Spring Security and Nimbus', { timeout: 120_000 }, async () => {
    const program = javaProgram('Prover.java');
    onTestFinished(() => program.close());
    for (const alg of ['ES256', 'RS256', 'PS256']) {
      const client = await clientWith(alg);
      const token = await api.token(client);
      const jwk = JSON.stringify(await exportJWK(client.privateKey));
      const asked = { jwk, alg, method: 'GET', uri, token, ath: athOf(token), nonce: 'a-nonce' };
      const { spring, nimbus } = await program.ask<ByJava<string>>(asked);
      await accepted(client, token, spring);
      await accepted(client, token, nimbus);
    }
  });
} else {
  test.skip('of Spring Security and Nimbus: a JDK or the libraries are missing (.ci/run)', () => {});
}
