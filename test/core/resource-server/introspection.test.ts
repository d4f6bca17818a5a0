// Opaque tokens, with the example of RFC 9449 sections 6 and 7.1 itself: its token, its proof, its key.
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiRequest, Introspection } from '#core/resource-server/request-verifier.ts';
import { audience, type Changes, type Client, clientWith, ownApi } from '#test/support/own-api.ts';

const endpoint = 'https://acme.okta.example/oauth2/default/v1/introspect';
const basic: Introspection = {
  endpoint,
  authentication: async () => ({ headers: { authorization: 'Basic YXBpOnNlY3JldA==' } }),
};

let client: Client;
beforeAll(async () => {
  client = await clientWith();
});

/** The request of RFC 9449 section 7.1, figure 14. */
const example: ApiRequest = {
  method: 'GET',
  url: '/protectedresource',
  authorization: ['DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'],
  dpop: [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik' +
      'VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR' +
      'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE' +
      'QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj' +
      'oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z' +
      'WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF' +
      'c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E' +
      'OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ],
};

/** The answer of section 6.2, figure 11, for our audience. */
const answer = {
  active: true,
  sub: 'someone@example.com',
  iss: 'https://acme.okta.example/oauth2/default',
  aud: audience,
  nbf: 1_562_262_611,
  exp: 1_562_266_216,
  cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
};

async function exampleApi(told: Changes, more: Partial<Introspection> = {}) {
  const publicUrl = 'https://resource.example.org';
  const api = await ownApi({ publicUrl, introspection: { ...basic, ...more } });
  api.clock.at = 1_562_262_618_000;
  api.answers[endpoint] = () => Response.json({ ...answer, ...told });
  return api;
}

test('the request of RFC 9449 is accepted, once', async () => {
  const api = await exampleApi({ scope: 'a b' });
  expect(await api.verify(example, { scopes: ['b'] })).toMatchObject({
    kind: 'accepted',
    access: { subject: 'someone@example.com', jkt: answer.cnf.jkt, scopes: ['a', 'b'] },
  });
  expect(await api.verify(example)).toMatchObject({ reason: 'proof_used' });
});

test.each([
  ['POST', '/protectedresource', 'proof_htm'],
  ['GET', '/other', 'proof_htu'],
])('for %s %s it is refused', async (method, url, reason) => {
  const api = await exampleApi({});
  expect(await api.verify({ ...example, method, url })).toMatchObject({ reason });
});

test('and ninety seconds later', async () => {
  const api = await exampleApi({});
  api.clock.at += 91_000;
  expect(await api.verify(example)).toMatchObject({ reason: 'proof_too_old' });
});

describe('a token is refused when the issuer says that it', () => {
  test.each([
    ['is not active', { active: false }, 'token_inactive'],
    ['is active in another word', { active: 'true' }, 'token_inactive'],
    ['is for another audience', { aud: 'other' }, 'token_audience'],
    ['is for no audience', { aud: undefined }, 'token_audience'],
    ['comes from another issuer', { iss: 'https://evil.example' }, 'token_issuer'],
    ['has expired', { exp: 1_562_262_588 }, 'token_expired'],
    ['never expires', { exp: undefined }, 'token_claims'],
    ['is bound to no key', { cnf: undefined }, 'token_not_bound'],
    ['is bound to another key', { cnf: { jkt: 'other' } }, 'proof_key_not_bound'],
  ])('%s', async (_what, told, reason) => {
    const api = await exampleApi(told);
    expect(await api.verify(example)).toMatchObject({ reason, status: 401 });
  });
});

test.each([
  ['does not answer', () => Promise.reject(new TypeError('fetch failed'))],
  ['answers with an error', () => new Response('', { status: 401 })],
  ['answers with a page', () => new Response('<html>')],
  ['answers with something else', () => Response.json({ error: 'x' })],
  ['sends us elsewhere', () => new Response('', { status: 302, headers: { location: '/' } })],
])('nothing is accepted when the endpoint %s', async (_what, told) => {
  const api = await exampleApi({});
  api.answers[endpoint] = told;
  expect(await api.verify(example)).toMatchObject({
    reason: 'introspection_unavailable',
    status: 503,
    headers: { 'retry-after': expect.any(String) },
  });
});

test.each([
  [0, 'is refused with the next request'],
  [60, 'may serve for as long as the owner says'],
])('a token that is revoked, with cacheSeconds %i, %s', async (cacheSeconds) => {
  const api = await exampleApi({}, { cacheSeconds });
  api.answers[endpoint] = () => Response.json({ ...answer, cnf: { jkt: client.jkt } });
  const htu = 'https://resource.example.org/orders';
  const call = async () => api.verify(await api.request(client, 'opaque', { htu }));
  expect(await call()).toMatchObject({ kind: 'accepted' });
  api.answers[endpoint] = () => Response.json({ active: false });
  api.clock.at += 59_000;
  expect((await call()).kind).toBe(cacheSeconds === 0 ? 'refused' : 'accepted');
  api.clock.at += 1_000;
  expect(await call()).toMatchObject({ reason: 'token_inactive' });
});

test('an opaque token of the kind DPoP is refused as a Bearer token', async () => {
  const publicUrl = 'https://resource.example.org';
  const api = await ownApi({ publicUrl, introspection: basic, bearer: 'allow' });
  api.clock.at = 1_562_262_618_000;
  const request = { ...example, dpop: [], authorization: ['Bearer opaque'] };
  api.answers[endpoint] = () => Response.json(answer);
  expect(await api.verify(request)).toMatchObject({ reason: 'bearer_with_bound_token' });
  api.answers[endpoint] = () => Response.json({ ...answer, cnf: undefined, token_type: 'DPoP' });
  expect(await api.verify(request)).toMatchObject({ reason: 'bearer_with_bound_token' });
  api.answers[endpoint] = () => Response.json({ ...answer, cnf: undefined });
  expect(await api.verify(request)).toMatchObject({ kind: 'accepted', scheme: 'Bearer' });
});
