import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { serve } from '#test/support/loopback.ts';
import {
  type App,
  app,
  authorize,
  keyPair,
  post,
  privateKeyJwt,
  redeem,
  refusal,
  tokensOf,
} from './okta-client.ts';

let okta: Okta;
let client: App;

beforeAll(async () => {
  okta = await startOkta({ port: 0 });
});
afterAll(() => okta.close());
beforeEach(async () => {
  client = await app(okta);
});

describe('client authentication', () => {
  const key = async (change: (claims: Record<string, unknown>) => void) => {
    const pair = await keyPair();
    const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'a1' };
    const registered = okta.clients.get(client.client.client_id);
    okta.clients.set(client.client.client_id, {
      ...registered,
      jwks: { keys: [jwk as never] },
    } as never);
    return { ...client, auth: privateKeyJwt(pair.privateKey, change) };
  };

  const texts: [string, (claims: Record<string, unknown>) => void, string][] = [
    [
      'an audience other than the endpoint',
      (claims) => {
        claims.aud = okta.issuer;
      },
      'The audience claim for client_assertion must be the endpoint invoked for the request.',
    ],
    [
      'an expiry more than an hour ahead',
      (claims) => {
        claims.exp = Math.floor(Date.now() / 1000) + 3700;
      },
      'The client_assertion token has an expiration too far into the future.',
    ],
    [
      'no expiry',
      (claims) => {
        delete claims.exp;
      },
      "The client_assertion must contain the 'exp' claim as seconds since epoch.",
    ],
    [
      'an issue time in the future',
      (claims) => {
        claims.iat = Math.floor(Date.now() / 1000) + 60;
        delete claims.nbf;
      },
      'The client_assertion token must be issued before the current time.',
    ],
    [
      'a past expiry',
      (claims) => {
        claims.exp = Math.floor(Date.now() / 1000) - 1;
      },
      'The client_assertion token is expired.',
    ],
    [
      'another subject',
      (claims) => {
        claims.iss = 'somebody';
      },
      'The issuer claim for client_assertion is not a valid client_id.',
    ],
  ];

  test.each(texts)('refuses an assertion with %s', async (_, change, text) => {
    const started = await authorize(client);
    const result = await refusal(redeem(await key(change), started));
    expect(result).toEqual({ status: 401, error: 'invalid_client', text });
  });

  test('spends the assertion even when the request ends in a nonce challenge', async () => {
    const started = await authorize(client);
    let jti = '';
    const reused = await key((claims) => {
      jti ||= String(claims.jti);
      claims.jti = jti;
    });
    expect(await refusal(redeem(reused, started))).toEqual({
      status: 401,
      error: 'invalid_client',
      text: 'The client_assertion token has already been used.',
    });
  });

  test('refuses a foreign signature', async () => {
    const started = await authorize(client);
    const { privateKey } = await keyPair();
    const result = await refusal(redeem({ ...client, auth: privateKeyJwt(privateKey) }, started));
    expect(result).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  test('takes secrets in the header or in the body, but only one method', async () => {
    const secret = { clientSecret: 'a-secret-of-32-characters-at-least' };
    const basic = await app(okta, { clientAuth: 'client_secret_basic', ...secret });
    basic.auth = oauth.ClientSecretBasic(secret.clientSecret);
    expect(await tokensOf(basic)).toHaveProperty('access_token');
    const inBody = await app(okta, { clientAuth: 'client_secret_post', ...secret });
    inBody.auth = oauth.ClientSecretPost(secret.clientSecret);
    expect(await tokensOf(inBody)).toHaveProperty('access_token');

    const { client_id } = basic.client;
    const authorization = `Basic ${btoa(`${client_id}:${secret.clientSecret}`)}`;
    const both = await post(
      okta,
      'token',
      { grant_type: 'refresh_token', client_id, client_secret: secret.clientSecret },
      { authorization },
    );
    expect(both.status).toBe(400);
    expect(both.body.error_description).toMatch(/^Cannot supply multiple client credentials\./);
    const wrong = await post(okta, 'token', {
      grant_type: 'refresh_token',
      client_id,
      client_secret: 'x',
    });
    expect(wrong.body).toEqual({
      error: 'invalid_client',
      error_description: 'The client secret supplied for a confidential client is invalid.',
    });
  });

  test('a public client needs none', async () => {
    const spa = await app(okta, { clientAuth: 'none' });
    spa.auth = oauth.None();
    expect(await tokensOf(spa)).toHaveProperty('refresh_token');
  });

  test('fetches keys from the jwks_uri, and keeps them for a while: a newer key is not known yet', async () => {
    let past = 0;
    const own = await startOkta({ port: 0, keySetSeconds: 30, clock: () => Date.now() + past });
    onTestFinished(() => own.close());
    const [first, second] = [await keyPair(), await keyPair()];
    const published = [first];
    let asked = 0;
    const { origin } = await serve(async (_request, response) => {
      asked += 1;
      const keys = published.map(async ({ publicKey }) => ({
        ...(await crypto.subtle.exportKey('jwk', publicKey)),
        kid: 'a1',
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: await Promise.all(keys) }));
    });
    const remote = await app(own, { jwks: undefined as never, jwksUri: `${origin}/bff/jwks` });
    const signed = (by: typeof first) =>
      tokensOf({ ...remote, auth: privateKeyJwt(by.privateKey) });
    expect(await signed(first)).toHaveProperty('access_token');
    published.push(second);
    past = 29_000;
    await expect(signed(second)).rejects.toThrow();
    expect(await signed(first)).toHaveProperty('access_token');
    expect(asked).toBe(1);
    past = 31_000;
    expect(await signed(second)).toHaveProperty('access_token');
    expect(asked).toBe(2);
  });
});
