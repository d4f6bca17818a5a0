import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import {
  type App,
  app,
  authorize,
  call,
  claimsIn,
  insecure,
  keyPair,
  post,
  redeem,
  redirectUri,
  refresh,
  refusal,
  tokensOf,
} from './okta-client.ts';

let okta: Okta;
let client: App;
let nowMs = 0;

const hour = 3_600_000;

beforeAll(async () => {
  okta = await startOkta({ port: 0, clock: () => Date.now() + nowMs });
});
afterAll(() => okta.close());
beforeEach(async () => {
  nowMs = 0;
  client = await app(okta);
});

const otherKey = async () => oauth.DPoP({}, await keyPair());

describe('the nonce at the token endpoint', () => {
  test('is always demanded, without consuming the code', async () => {
    const started = await authorize(client);
    const parameters = oauth.validateAuthResponse(
      client.as,
      client.client,
      started.callback,
      started.state,
    );
    const request = () =>
      oauth.authorizationCodeGrantRequest(
        client.as,
        client.client,
        client.auth,
        parameters,
        redirectUri,
        started.verifier,
        { DPoP: client.dpop, ...insecure },
      );
    const challenge = await request();
    expect(challenge.status).toBe(400);
    expect(challenge.headers.get('dpop-nonce')).toMatch(/^[\w-]{20,64}$/);
    expect(await challenge.json()).toEqual({
      error: 'use_dpop_nonce',
      error_description: 'Authorization server requires nonce in DPoP proof.',
    });
    expect((await request()).status).toBe(200);
  });

  test('changes after 24 hours and works for three days', () => {
    const { nonces } = okta.servers.org;
    const first = nonces.current();
    nowMs = 24 * hour;
    expect(nonces.current()).not.toBe(first);
    nowMs = 71 * hour;
    expect(nonces.accepts(first)).toBe(true);
    nowMs = 72 * hour;
    expect(nonces.accepts(first)).toBe(false);
    nonces.reset();
  });

  test('is its own at each server', () => {
    const { org, custom } = okta.servers;
    expect(custom.nonces.accepts(org.nonces.current())).toBe(false);
  });
});

describe('the code', () => {
  test('is bound to dpop_jkt', async () => {
    const dpop_jkt = await client.dpop.calculateThumbprint();
    const started = await authorize(client, { parameters: { dpop_jkt } });
    expect(await redeem(client, started)).toHaveProperty('access_token');
    const other = await authorize(client, { parameters: { dpop_jkt }, forms: [] });
    expect(await refusal(redeem(client, other, await otherKey()))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
    });
  });

  test('works once, and its second use ends what came of the first', async () => {
    const started = await authorize(client);
    const tokens = await redeem(client, started);
    expect(await refusal(redeem(client, started))).toEqual({
      status: 400,
      error: 'invalid_grant',
      text: 'The authorization code is invalid or has expired.',
    });
    expect((await call(client, tokens.access_token, '/api/v1/users/me')).status).toBe(401);
  });

  test('needs its verifier', async () => {
    const started = await authorize(client);
    const wrong = { ...started, verifier: oauth.generateRandomCodeVerifier() };
    expect(await refusal(redeem(client, wrong))).toEqual({
      status: 400,
      error: 'invalid_grant',
      text: 'PKCE verification failed.',
    });
  });
});

describe('an app whose tokens are bound', () => {
  test('has no client credentials grant, with or without a proof', async () => {
    const form = new URLSearchParams({ grant_type: 'client_credentials', scope: 'openid' });
    await client.auth(client.as, client.client, form, new Headers());
    const answer = await post(okta, 'token', Object.fromEntries(form), {});
    expect(answer.status).toBe(400);
    expect(answer.body).not.toHaveProperty('access_token');
    expect(['unauthorized_client', 'unsupported_grant_type']).toContain(answer.body.error);
  });

  test('has no implicit grant', async () => {
    const url = new URL(client.as.authorization_endpoint ?? '');
    url.search = new URLSearchParams({
      client_id: client.client.client_id,
      response_type: 'token',
      redirect_uri: redirectUri,
      scope: 'openid',
      state: 's',
    }).toString();
    const answer = await client.visitor.go(url);
    const back = new URL(answer.headers.get('location') ?? 'about:blank');
    const told = new URLSearchParams(back.hash.slice(1) || back.search);
    expect(told.get('error')).toBe('unsupported_response_type');
    expect(told.has('access_token')).toBe(false);
  });
});

describe('pushed authorization requests', () => {
  const push = async (parameters: Record<string, string> = {}, dpop = client.dpop) => {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const response = await oauth.pushedAuthorizationRequest(
      client.as,
      client.client,
      client.auth,
      {
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid offline_access',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        ...parameters,
      },
      { DPoP: dpop, ...insecure },
    );
    return { response, started: { verifier, state, nonce } };
  };

  const follow = async ({ response, started }: Awaited<ReturnType<typeof push>>) => {
    const { request_uri } = (await response.json()) as { request_uri: string };
    const url = new URL(client.as.authorization_endpoint ?? '');
    url.searchParams.set('client_id', client.client.client_id);
    url.searchParams.set('request_uri', request_uri);
    const page = await client.visitor.go(url);
    const next = await client.visitor.go(page.url, { sample: 'ada' });
    return {
      ...started,
      url,
      page: next,
      callback: new URL(next.headers.get('location') ?? 'about:blank'),
    };
  };

  test('answer 200, lead to a sign-in with a refresh token, and work once', async () => {
    const pushed = await push();
    expect(pushed.response.status).toBe(200);
    const started = await follow(pushed);
    expect(await redeem(client, started)).toHaveProperty('refresh_token');
    const again = await client.visitor.go(started.url);
    expect(again.headers.get('location') ?? (await again.text())).toMatch(/request_uri/);
  });

  test('bind the code to the proof they came with', async () => {
    const started = await follow(await push());
    expect(await refusal(redeem(client, started, await otherKey()))).toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('refuse a proof that contradicts dpop_jkt, and a request without state', async () => {
    const dpop_jkt = await (await otherKey()).calculateThumbprint();
    expect((await push({ dpop_jkt })).response.status).toBe(400);
    expect((await push({ state: '' })).response.status).toBe(400);
  });

  test('demand a nonce where switched on, and answer 201 where asked to', async () => {
    okta.faults.set('parNonce', 'demanded');
    const challenged = await push({}, await otherKey());
    expect(challenged.response.status).toBe(400);
    expect(await challenged.response.json()).toMatchObject({ error: 'use_dpop_nonce' });
    okta.faults.clear();
    okta.settings.parStatus = 201;
    expect((await push()).response.status).toBe(201);
    okta.settings.parStatus = 200;
  });
});

describe('refreshing', () => {
  test('rotates the token, keeps subject, auth_time and acr, and gives an ID token', async () => {
    const first = await tokensOf(client);
    const second = await refresh(client, first.refresh_token ?? '');
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const [before, after] = [first, second].map((tokens) =>
      oauth.getValidatedIdTokenClaims(tokens),
    );
    expect(after).toMatchObject({
      sub: before?.sub,
      sid: before?.sid,
      auth_time: before?.auth_time,
      acr: before?.acr,
    });
  });

  test('takes the old token for 30 seconds, and each use gives a working token', async () => {
    const { refresh_token: first = '' } = await tokensOf(client);
    const second = await refresh(client, first);
    nowMs = 29_000;
    const again = await refresh(client, first);
    expect(again.refresh_token).not.toBe(second.refresh_token);
    expect(await refresh(client, second.refresh_token ?? '')).toHaveProperty('access_token');
  });

  test('treats reuse after the grace period as theft: the newest token and the access tokens end', async () => {
    const { refresh_token: first = '' } = await tokensOf(client);
    const second = await refresh(client, first);
    nowMs = 31_000;
    const dead = {
      status: 400,
      error: 'invalid_grant',
      text: 'The refresh token is invalid or expired.',
    };
    expect(await refusal(refresh(client, first))).toEqual(dead);
    expect(await refusal(refresh(client, second.refresh_token ?? ''))).toEqual(dead);
    nowMs = 0;
    expect((await call(client, second.access_token, '/api/v1/users/me')).status).toBe(401);
  });

  test('leaves other sign-ins of the same person alone', async () => {
    const one = await tokensOf(client);
    const two = await tokensOf(client, { forms: [] });
    await refresh(client, one.refresh_token ?? '');
    nowMs = 31_000;
    await refusal(refresh(client, one.refresh_token ?? ''));
    expect(await refresh(client, two.refresh_token ?? '')).toHaveProperty('access_token');
  });

  test("needs the key that the token is bound to, in Okta's words", async () => {
    const { refresh_token = '' } = await tokensOf(client);
    expect(await refusal(refresh(client, refresh_token, { dpop: await otherKey() }))).toEqual({
      status: 400,
      error: 'invalid_dpop_proof',
      text: 'Invalid DPoP Public Key binding in refresh token',
    });
    expect(await refresh(client, refresh_token)).toHaveProperty('access_token');
  });

  test('narrows the scope and leaves the ID token out without openid', async () => {
    const { refresh_token = '' } = await tokensOf(client);
    const tokens = await refresh(client, refresh_token, { parameters: { scope: 'profile' } });
    expect(tokens.scope).toBe('profile');
    expect(tokens).not.toHaveProperty('id_token');
  });

  test('of an unknown token is invalid_grant', async () => {
    expect(await refusal(refresh(client, 'nobody-knows'))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
    });
  });
});

describe('settings', () => {
  const withOkta = async (
    options: Parameters<typeof startOkta>[0],
    use: (other: App) => Promise<void>,
  ) => {
    const other = await startOkta({ port: 0, ...options });
    try {
      await use(await app(other));
    } finally {
      await other.close();
    }
  };

  test('a static refresh token stays the same', () =>
    withOkta({ refreshTokens: 'static' }, async (other) => {
      const { refresh_token = '' } = await tokensOf(other);
      expect((await refresh(other, refresh_token)).refresh_token).toBe(refresh_token);
    }));

  test('an unbound refresh token moves to a new key, and the access token with it', () =>
    withOkta({ bindRefreshTokens: false }, async (other) => {
      const { refresh_token = '' } = await tokensOf(other);
      const dpop = await otherKey();
      const tokens = await refresh(other, refresh_token, { dpop });
      expect(claimsIn(tokens.access_token).cnf).toEqual({ jkt: await dpop.calculateThumbprint() });
    }));

  test('the issuer is an audience only where told so', () =>
    withOkta({ assertionAudience: 'issuer' }, async (other) => {
      expect(await refusal(tokensOf(other))).toMatchObject({ error: 'invalid_client' });
    }));

  test('short-lived access tokens say so and end', () =>
    withOkta({ accessTokenSeconds: 1 }, async (other) => {
      const tokens = await tokensOf(other);
      expect(tokens.expires_in).toBe(1);
      await expect
        .poll(async () => (await call(other, tokens.access_token, '/api/v1/users/me')).status, {
          timeout: 10_000,
        })
        .toBe(401);
    }));
});

describe('revocation', () => {
  const revoke = async (token: string) => {
    const response = await oauth.revocationRequest(
      client.as,
      client.client,
      client.auth,
      token,
      insecure,
    );
    await oauth.processRevocationResponse(response);
    return response.status;
  };

  test('of a refresh token ends its access tokens', async () => {
    const tokens = await tokensOf(client);
    expect(await revoke(tokens.refresh_token ?? '')).toBe(200);
    expect((await call(client, tokens.access_token, '/api/v1/users/me')).status).toBe(401);
    expect(await refusal(refresh(client, tokens.refresh_token ?? ''))).toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('of an access token leaves the refresh token', async () => {
    const tokens = await tokensOf(client);
    expect(await revoke(tokens.access_token)).toBe(200);
    expect((await call(client, tokens.access_token, '/api/v1/users/me')).status).toBe(401);
    expect(await refresh(client, tokens.refresh_token ?? '')).toHaveProperty('access_token');
  });

  test('of a token that nobody knows is fine, too', async () => {
    expect(await revoke('nobody-knows')).toBe(200);
  });

  test('introspection tells the key, and that a revoked token is not active', async () => {
    const tokens = await tokensOf(client);
    const ask = async () => {
      const form = new URLSearchParams({ token: tokens.access_token });
      const auth: oauth.ClientAuth = privateKeyJwtFor('introspect');
      await auth(client.as, client.client, form, new Headers());
      return (await post(okta, 'introspect', Object.fromEntries(form))).body;
    };
    const privateKeyJwtFor =
      (path: string): oauth.ClientAuth =>
      (as, ...rest) =>
        client.auth({ ...as, revocation_endpoint: `${okta.issuer}/oauth2/v1/${path}` }, ...rest);
    expect(await ask()).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: await client.dpop.calculateThumbprint() },
    });
    await revoke(tokens.access_token);
    expect(await ask()).toEqual({ active: false });
  });
});
