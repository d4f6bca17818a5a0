import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { type App, app, post, tokensOf } from './okta-client.ts';
import { encode, type ProofParts, proofOf } from './okta-proof.ts';

let okta: Okta;
let client: App;

beforeAll(async () => {
  okta = await startOkta({ port: 0 });
});
afterAll(() => okta.close());
beforeEach(async () => {
  client = await app(okta);
});

describe('the proof at the token endpoint', () => {
  const proofRefusals: [string, (proof: ProofParts) => void, string][] = [
    ['htm', ({ claims }) => (claims.htm = 'GET'), "'htm' claim in the DPoP proof JWT is invalid."],
    ['htu', ({ claims }) => (claims.htu += '/'), "'htu' claim in the DPoP proof JWT is invalid."],
    ['jti', ({ claims }) => (claims.jti = ''), "'jti' claim in the DPoP proof JWT is invalid."],
    ['iat', ({ claims }) => (claims.iat = 'now'), "'iat' claim in the DPoP proof JWT is invalid."],
    [
      'an old iat',
      ({ claims }) => (claims.iat = seconds() - 301),
      'The DPoP proof JWT is issued more than five minutes in the past.',
    ],
    [
      'a future iat',
      ({ claims }) => (claims.iat = seconds() + 60),
      'The DPoP proof JWT is issued in the future.',
    ],
    [
      'typ',
      ({ header }) => (header.typ = 'jwt'),
      "'typ' must be 'dpop+jwt' in the DPoP proof JWT.",
    ],
  ];

  test.each(proofRefusals)('is refused for its %s', async (_, change, text) => {
    const result = await tokenRequest(await proof(change));
    expect(result.status).toBe(400);
    expect(result.body).toEqual({ error: 'invalid_dpop_proof', error_description: text });
  });

  test('is refused when its signature, algorithm or form is wrong, when it is missing, and when it is sent twice', async () => {
    const good = await proof();
    const [header, , signature] = good.split('.');
    const forged = `${header}.${encode({ htm: 'POST' })}.${signature}`;
    const unsecured = `${encode({ typ: 'dpop+jwt', alg: 'none' })}.${encode({})}.`;
    const text = async (dpop: string) => (await tokenRequest(dpop)).body.error_description;
    expect(await text(forged)).toBe('The DPoP proof JWT signature is invalid.');
    expect(await text(unsecured)).toBe('The DPoP proof JWT signature algorithm is invalid.');
    expect(await text('not-a-jwt')).toBe('The DPoP proof JWT cannot be parsed.');
    expect(await text(`${good}, ${good}`)).toBe('Multiple DPoP proof JWT headers are not allowed.');
    expect(await text('')).toBe('The DPoP proof JWT header is missing.');
    const unknown = await refreshWith('nobody-knows', '');
    expect(unknown.body.error_description).toBe('The DPoP proof JWT header is missing.');
  });

  test('is refused the second time', async () => {
    const [one, two] = [await tokensOf(client), await tokensOf(client, { forms: [] })];
    const same = await proof();
    expect((await refreshWith(one.refresh_token, same)).status).toBe(200);
    const second = await refreshWith(two.refresh_token, same);
    expect(second.body.error_description).toBe('The DPoP proof JWT has already been used.');
  });

  const seconds = () => Math.floor(Date.now() / 1000);

  const proof = (change?: (parts: ProofParts) => void) =>
    proofOf(
      client.keys,
      {
        htm: 'POST',
        htu: `${okta.issuer}/oauth2/v1/token`,
        nonce: okta.servers.org.nonces.current(),
      },
      change,
    );

  async function refreshWith(refreshToken: string | undefined, dpop: string) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken ?? '',
    });
    await client.auth(client.as, client.client, form, new Headers());
    return post(okta, 'token', Object.fromEntries(form), dpop ? { dpop } : {});
  }

  async function tokenRequest(dpop: string) {
    return refreshWith((await tokensOf(client)).refresh_token, dpop);
  }
});
