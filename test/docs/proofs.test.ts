// docs/proofs.md: its five-line core runs, and each pitfall gives the errors that the page names, from our own verifier and
// from the stand-in for Okta.
import { createHash, generateKeyPairSync, randomUUID, type webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { athOf, type Client, clientWith, origin, ownApi } from '#test/support/own-api.ts';
import { type App, app, keyPair, tokensOf } from '../infra/local/okta-client.ts';
import { type ProofParts, proofOf } from '../infra/local/okta-proof.ts';

const page = await readFile(join(root, 'docs/proofs.md'), 'utf8');

let okta: Okta;
let service: App;
let oktaToken: string;
let client: Client;
beforeAll(async () => {
  okta = await startOkta({ port: 0 });
  service = await app(okta);
  const scope = 'openid offline_access okta.users.read';
  oktaToken = (await tokensOf(service, { scope })).access_token;
  client = await clientWith('ES256');
});
afterAll(() => okta?.close());

/** What is changed about a call that would be accepted. */
interface Spoilt {
  claims?: Record<string, unknown>;
  /** A key that the token is not bound to. */
  otherKey?: true;
  twice?: true;
  proof?: 'none';
}

/** The sentence of our verifier. */
async function oursFor({ claims = {}, otherKey, twice, proof }: Spoilt, nonces?: 'asked') {
  const api = await ownApi(
    {},
    nonces ? { nonces: { newest: async () => 'n', judge: async () => 'unknown' as const } } : {},
  );
  const token = await api.token(client);
  const request = await api.request(otherKey ? await clientWith('ES256') : client, token, claims);
  const sent = proof === 'none' ? { ...request, dpop: [] } : request;
  if (twice) await api.verify(sent);
  const verdict = await api.verify(sent);
  return verdict.kind === 'refused' ? verdict.body.error_description : 'accepted';
}

/** The sentence of Okta's API. */
async function oktaFor({ claims = {}, otherKey, twice, proof }: Spoilt) {
  const url = `${okta.issuer}/api/v1/users`;
  const keys: webcrypto.CryptoKeyPair = otherKey ? await keyPair() : service.keys;
  const change = (parts: ProofParts) => {
    for (const [name, value] of Object.entries(claims)) {
      if (value === undefined) delete parts.claims[name];
      else parts.claims[name] = value;
    }
  };
  const dpop = await proofOf(keys, { htu: url, token: oktaToken }, change);
  const headers = {
    authorization: `DPoP ${oktaToken}`,
    ...(proof === 'none' ? {} : { dpop }),
  };
  const call = () => fetch(url, { headers });
  if (twice) await call();
  const challenge = (await call()).headers.get('www-authenticate') ?? '';
  return /error_description="([^"]*)"/.exec(challenge)?.[1] ?? 'accepted';
}

/** What the token endpoint says to a client without a nonce, or with another key than the refresh token's. */
async function tokenEndpoint(): Promise<string> {
  const endpoint = `${okta.issuer}/oauth2/v1/token`;
  const dpop = await proofOf(service.keys, { htu: endpoint, htm: 'POST' });
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' });
  const headers = new Headers({ dpop });
  const { as, client: registered } = service;
  await service.auth(as, registered, body, headers);
  const answer = (await (await fetch(endpoint, { method: 'POST', headers, body })).json()) as {
    error_description?: string;
  };
  return answer.error_description ?? '';
}

const pitfalls: Record<string, () => Promise<{ ours: string; okta: string }>> = {
  'A new key for every request': () => both({ otherKey: true }),
  'Another key for the API than for the token': () => both({ otherKey: true }),
  'The same proof again': () => both({ twice: true }),
  'No `ath`': () => both({ claims: { ath: undefined } }),
  'Another method': () => both({ claims: { htm: 'POST' } }),
  'Another URL': () => both({ claims: { htu: 'https://elsewhere.example/' } }),
  'No answer to a nonce challenge': async () => ({
    ours: await oursFor({}, 'asked'),
    okta: await tokenEndpoint(),
  }),
  'DPoP only in browsers': () => both({ proof: 'none' }),
};

async function both(spoilt: Spoilt) {
  return { ours: await oursFor(spoilt), okta: await oktaFor(spoilt) };
}

test('a call that nothing is wrong with is accepted by both', async () => {
  expect(await both({})).toEqual({ ours: 'accepted', okta: 'accepted' });
});

test.each(Object.entries(pitfalls))(
  'the page names what is said about: %s',
  async (name, happens) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`));
    expect(row, `docs/proofs.md has no row for ${name}`).toBeDefined();
    const said = await happens();
    const cells = (row ?? '').split('|').map((cell) => cell.trim());
    expect({ ours: cells[3], okta: cells[4] }).toEqual({
      ours: `\`${said.ours}\``,
      okta: `\`${said.okta}\``,
    });
  },
);

test('the page has these pitfalls and no others', () => {
  const table = page.slice(page.indexOf('| pitfall |'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
  expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual(Object.keys(pitfalls));
});

test('the five-line core makes a proof that others accept', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const core = code.split('\n').filter((line) => line !== '' && !line.startsWith('import '));
  expect(core).toHaveLength(5);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const make = new Function(
    'createHash',
    'randomUUID',
    'sign',
    'privateKey',
    'publicKey',
    'htm',
    'htu',
    'accessToken',
    `${core.join('\n')}\nreturn proof;`,
  );
  const { sign } = await import('node:crypto');
  const htu = `${origin}/orders`;
  const api = await ownApi();
  const bound = { ...client, jkt: await thumbprintOf(publicKey.export({ format: 'jwk' })) };
  const token = await api.token(bound);
  const proof = make(createHash, randomUUID, sign, privateKey, publicKey, 'GET', htu, token);
  const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' });
  expect(payload).toMatchObject({ htm: 'GET', htu, ath: athOf(token) });
});

async function thumbprintOf(jwk: object): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose');
  return calculateJwkThumbprint(jwk);
}
