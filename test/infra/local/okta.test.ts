import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Okta, samplePassword, startOkta } from '#infra/local/okta/index.ts';
import {
  type App,
  ada,
  app,
  authorize,
  browser,
  call,
  claimsIn,
  redeem,
  type SignInOptions,
  tokensOf,
} from './okta-client.ts';

let okta: Okta;
let client: App;

beforeAll(async () => {
  okta = await startOkta({ port: 0, issParameter: true });
});
afterAll(() => okta.close());

const fresh = async () => {
  client = await app(okta);
  return client;
};

const errorOf = async (options: SignInOptions) => {
  const { callback } = await authorize(await fresh(), options);
  return callback.searchParams.get('error');
};

describe('metadata', () => {
  test('is published for both servers, in both well-known places', async () => {
    for (const [path, issuer] of [
      ['/.well-known/openid-configuration', okta.issuer],
      ['/.well-known/oauth-authorization-server', okta.issuer],
      ['/oauth2/default/.well-known/openid-configuration', okta.customIssuer],
      ['/oauth2/default/.well-known/oauth-authorization-server', okta.customIssuer],
      ['/.well-known/oauth-authorization-server/oauth2/default', okta.customIssuer],
    ]) {
      const response = await fetch(okta.issuer + path);
      const metadata = (await response.json()) as Record<string, string>;
      expect(metadata.issuer, path).toBe(issuer);
      expect(new URL(metadata.token_endpoint ?? '').pathname.startsWith('/oauth2/'), path).toBe(
        true,
      );
    }
  });

  test("names Okta's endpoints and DPoP algorithms", async () => {
    const { as } = await fresh();
    const paths = [
      as.authorization_endpoint,
      as.token_endpoint,
      as.pushed_authorization_request_endpoint,
      as.introspection_endpoint,
      as.revocation_endpoint,
      as.end_session_endpoint,
      as.jwks_uri,
      as.userinfo_endpoint,
    ].map((url) => url?.replace(`${okta.issuer}/oauth2/v1/`, ''));
    expect(paths).toEqual('authorize token par introspect revoke logout keys userinfo'.split(' '));
    expect(as.dpop_signing_alg_values_supported).toEqual(
      'RS256 RS384 RS512 ES256 ES384 ES512'.split(' '),
    );
  });
});

describe('signing in', () => {
  test('ends in tokens whose ID token says who, how and when', async () => {
    await fresh();
    const before = Math.floor(Date.now() / 1000);
    const tokens = await tokensOf(client);
    expect(tokens.token_type).toBe('dpop');
    expect(tokens.refresh_token).toBeTypeOf('string');
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    expect(claims).toMatchObject({
      iss: okta.issuer,
      aud: client.client.client_id,
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      preferred_username: 'ada@example.com',
      acr: 'urn:okta:loa:1fa:any',
      amr: ['pwd'],
      at_hash: expect.any(String),
      sid: expect.any(String),
    });
    expect(claims?.auth_time).toBeGreaterThanOrEqual(before);
  });

  test('has the e-mail address only with the scope email', async () => {
    const tokens = await tokensOf(await fresh(), { scope: 'openid profile' });
    expect(oauth.getValidatedIdTokenClaims(tokens)).not.toHaveProperty('email');
    expect(tokens).not.toHaveProperty('refresh_token');
  });

  test('works with username and password, and says when they are wrong', async () => {
    await fresh();
    const { page, callback } = await authorize(client, {
      forms: [
        { username: 'ada@example.com', password: 'guess' },
        { username: 'ada@example.com', password: samplePassword },
      ],
    });
    expect(callback.searchParams.get('code')).toBeTruthy();
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const wrong = await authorize(await fresh(), { forms: [{ username: 'ada', password: 'x' }] });
    expect(wrong.page.status).toBe(401);
    expect(await wrong.page.text()).toContain('Unable to sign in.');
  });

  test('shows a page that loads nothing from elsewhere, with the login hint filled in', async () => {
    await fresh();
    const hint = 'a"<b@example.com';
    const { page } = await authorize(client, { forms: [], parameters: { login_hint: hint } });
    const html = await page.text();
    expect(html).toContain('value="a&quot;&lt;b@example.com"');
    expect(html).not.toMatch(/<script|src=|@import|url\(/);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('accepts idp, and never asks for consent', async () => {
    await fresh();
    const { callback } = await authorize(client, {
      parameters: { idp: '0oa1idp', prompt: 'login consent' },
    });
    expect(callback.searchParams.get('code')).toBeTruthy();
  });

  test('remembers the browser: a second sign-in asks nothing, prompt=login asks again', async () => {
    await fresh();
    await authorize(client);
    const silent = await authorize(client, { forms: [], parameters: { prompt: 'none' } });
    expect(silent.callback.searchParams.get('code')).toBeTruthy();
    const again = await authorize(client, { forms: [], parameters: { prompt: 'login' } });
    expect(again.page.status).toBe(200);
    expect(await again.page.text()).toContain('Sign in');
  });

  test('lets somebody else take over the browser', async () => {
    await fresh();
    await authorize(client);
    const tokens = await tokensOf(client, {
      parameters: { prompt: 'login' },
      forms: [{ sample: 'grace' }],
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)?.name).toBe('Grace Hopper');
  });

  test('answers prompt=none without a session with login_required', async () => {
    expect(await errorOf({ forms: [], parameters: { prompt: 'none' } })).toBe('login_required');
  });

  test('refuses a person who is not assigned to the app', async () => {
    const { callback } = await authorize(await fresh(), { forms: [{ sample: 'eve' }] });
    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect(callback.searchParams.get('error_description')).toBe(
      'User is not assigned to the client application.',
    );
  });

  test('demands state and PKCE', async () => {
    expect(await errorOf({ forms: [], parameters: { state: '' } })).toBe('invalid_request');
    expect(
      await errorOf({ forms: [], parameters: { code_challenge: '', code_challenge_method: '' } }),
    ).toBe('invalid_request');
  });

  test('shows an error page for a redirect URI that is not registered', async () => {
    const { page, callback } = await authorize(await fresh(), {
      forms: [],
      parameters: { redirect_uri: 'http://evil.example/' },
    });
    expect(page.status).toBe(400);
    expect(callback.href).toBe('about:blank');
  });

  test('belongs to the browser that began it', async () => {
    await fresh();
    const { page } = await authorize(client, { forms: [] });
    const stranger = await browser(okta.issuer).go(page.url, { sample: 'ada' });
    expect(stranger.status).toBe(400);
  });
});

describe('authentication levels', () => {
  test('mary needs her second factor every time and gets 2fa', async () => {
    const tokens = await tokensOf(await fresh(), {
      forms: [{ sample: 'mary' }, { code: '000000' }, { code: '123 456' }],
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({
      acr: 'urn:okta:loa:2fa:any',
      amr: ['mfa', 'otp', 'pwd'],
    });
  });

  test('acr_values steps an existing session up with the factor alone', async () => {
    await fresh();
    await authorize(client);
    const tokens = await tokensOf(client, {
      parameters: { acr_values: 'urn:okta:loa:2fa:any' },
      forms: [{ code: '123456' }],
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)?.acr).toBe('urn:okta:loa:2fa:any');
  });

  test('the level that was asked for is repeated, also when it was met before', async () => {
    const parameters = { acr_values: 'urn:okta:loa:2fa:any:ifpossible' };
    await fresh();
    for (const forms of [[...ada, { code: '123456' }], []]) {
      const tokens = await tokensOf(client, { parameters, forms });
      expect(oauth.getValidatedIdTokenClaims(tokens)?.acr).toBe(parameters.acr_values);
    }
  });

  test('phr takes the security key and no code', async () => {
    await fresh();
    const parameters = { acr_values: 'phr' };
    const { page } = await authorize(client, { parameters, forms: [...ada, { code: '123456' }] });
    expect(page.status).toBe(401);
    const tokens = await tokensOf(client, { parameters, forms: [...ada, { key: 'touch' }] });
    expect(oauth.getValidatedIdTokenClaims(tokens)?.acr).toBe('phr');
  });

  test('a level that the person cannot reach ends at the callback', async () => {
    const error = await errorOf({
      parameters: { acr_values: 'urn:okta:loa:2fa:any' },
      forms: [{ sample: 'grace' }],
    });
    expect(error).toBe('unmet_authentication_requirements');
  });

  test('ifpossible lets those in who have no second factor, unknown levels are ignored', async () => {
    for (const acr_values of ['urn:okta:loa:2fa:any:ifpossible', 'urn:example:unknown']) {
      const { callback } = await authorize(await fresh(), {
        parameters: { acr_values },
        forms: [{ sample: 'grace' }],
      });
      expect(callback.searchParams.get('code'), acr_values).toBeTruthy();
    }
  });

  test('max_age=0 asks again and moves auth_time', async () => {
    await fresh();
    await authorize(client);
    const { page } = await authorize(client, { forms: [], parameters: { max_age: '0' } });
    expect(await page.text()).toContain('Password');
  });
});

describe('the custom authorization server', () => {
  test('shares the sign-in, and issues tokens that its published keys verify', async () => {
    const custom = await app(okta, { issuer: okta.customIssuer });
    await authorize(custom, { scope: 'openid' });
    const tokens = await tokensOf(custom, {
      scope: 'openid orders.read',
      forms: [],
      parameters: { prompt: 'none' },
    });
    const claims = claimsIn(tokens.access_token);
    expect(claims).toMatchObject({
      iss: okta.customIssuer,
      aud: 'api://default',
      scp: ['openid', 'orders.read'],
      client_id: custom.client.client_id,
      cnf: { jkt: await custom.dpop.calculateThumbprint() },
    });
    expect((await call(custom, tokens.access_token, '/oauth2/default/v1/userinfo')).status).toBe(
      200,
    );
    expect((await call(custom, tokens.access_token, '/api/v1/users/me')).status).toBe(401);
  });

  test('knows no okta.* scopes', async () => {
    const custom = await app(okta, { issuer: okta.customIssuer });
    const { callback } = await authorize(custom, { scope: 'openid okta.users.read', forms: [] });
    expect(callback.searchParams.get('error')).toBe('invalid_scope');
  });
});

describe('iss in the authorization response', () => {
  test('is advertised and sent where it is switched on', async () => {
    const { callback } = await authorize(await fresh());
    expect(callback.searchParams.get('iss')).toBe(okta.issuer);
    expect(client.as.authorization_response_iss_parameter_supported).toBe(true);
  });

  test('is neither by default, also with an error', async () => {
    const plain = await startOkta({ port: 0 });
    try {
      const other = await app(plain);
      expect(other.as.authorization_response_iss_parameter_supported).toBeUndefined();
      const { callback } = await authorize(other);
      expect(callback.searchParams.has('iss')).toBe(false);
      const refused = await authorize(await app(plain), {
        forms: [],
        parameters: { prompt: 'none' },
      });
      expect(refused.callback.searchParams.has('iss')).toBe(false);
      expect(await redeem(other, await authorize(other, { forms: [] }))).toHaveProperty('id_token');
    } finally {
      await plain.close();
    }
  });
});
