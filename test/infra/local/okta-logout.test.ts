import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { logoutRequest, type Okta, startOkta } from '#infra/local/okta/index.ts';
import { type App, app, authorize, call, claimsIn, refresh, tokensOf } from './okta-client.ts';

interface Delivery {
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

let okta: Okta;
let client: App;
let deliveries: Delivery[] = [];

/** What an app listens with. */
const receiver = createServer((req, res) => {
  let body = '';
  req.on('data', (chunk) => {
    body += chunk;
  });
  req.on('end', () => {
    deliveries.push({ url: req.url ?? '', headers: req.headers, body });
    res.statusCode = req.url?.includes('revocation') ? 204 : 200;
    res.end();
  });
});
let appOrigin = '';

beforeAll(async () => {
  okta = await startOkta({ port: 0 });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  appOrigin = `http://127.0.0.1:${(receiver.address() as { port: number }).port}`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await okta.close();
});
beforeEach(async () => {
  deliveries = [];
  client = await app(okta, {
    backchannelLogoutUri: `${appOrigin}/bff/backchannel-logout`,
  });
});

const logoutUrl = (idToken: string, more: Record<string, string> = {}) => {
  const url = new URL(client.as.end_session_endpoint ?? '');
  url.searchParams.set('id_token_hint', idToken);
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  return url;
};

const home = { post_logout_redirect_uri: 'http://localhost:9/', state: 'a b&c' };

const stillSignedIn = async () => {
  const { callback } = await authorize(client, { forms: [], parameters: { prompt: 'none' } });
  return callback.searchParams.has('code');
};

describe('logging out at Okta', () => {
  test('is a navigation that ends the session and returns with the state', async () => {
    const { id_token = '' } = await tokensOf(client);
    const response = await client.visitor.go(logoutUrl(id_token, home));
    expect(response.status).toBe(302);
    const back = new URL(response.headers.get('location') ?? '');
    expect(back.origin + back.pathname).toBe('http://localhost:9/');
    expect(back.searchParams.get('state')).toBe('a b&c');
    expect(await stillSignedIn()).toBe(false);
  });

  test('works as a form post, too', async () => {
    const { id_token = '' } = await tokensOf(client);
    const url = client.as.end_session_endpoint ?? '';
    const response = await client.visitor.go(url, { id_token_hint: id_token, ...home });
    expect(response.headers.get('location')).toContain('http://localhost:9/');
    expect(await stillSignedIn()).toBe(false);
  });

  test('needs the id_token_hint, and a registered address to return to', async () => {
    const { id_token = '' } = await tokensOf(client);
    const bare = await client.visitor.go(client.as.end_session_endpoint ?? '');
    expect(bare.status).toBe(400);
    expect(await bare.text()).toContain('id_token_hint');
    const foreign = await client.visitor.go(
      logoutUrl(id_token, { post_logout_redirect_uri: 'http://evil.example/' }),
    );
    expect(foreign.status).toBe(400);
    expect(await stillSignedIn()).toBe(true);
  });

  test('does nothing when the server calls it instead of the browser', async () => {
    const { id_token = '' } = await tokensOf(client);
    await fetch(logoutUrl(id_token, home), { method: 'POST', redirect: 'manual' });
    expect(await stillSignedIn()).toBe(true);
  });

  test('goes on quietly when nobody is signed in any more', async () => {
    const { id_token = '' } = await tokensOf(client);
    await client.visitor.go(logoutUrl(id_token, home));
    const again = await client.visitor.go(logoutUrl(id_token, home));
    expect(again.status).toBe(302);
    expect(again.headers.get('location')).toContain('http://localhost:9/');
  });

  test('leaves the tokens alone', async () => {
    const tokens = await tokensOf(client);
    await client.visitor.go(logoutUrl(tokens.id_token ?? '', home));
    expect((await call(client, tokens.access_token, '/api/v1/users/me')).status).toBe(200);
    expect(await refresh(client, tokens.refresh_token ?? '')).toHaveProperty('access_token');
  });
});

describe('the apps', () => {
  test('get a signed logout token by the back channel, with the sid of the ID token', async () => {
    const { id_token = '' } = await tokensOf(client);
    await client.visitor.go(logoutUrl(id_token, home));
    const [delivery] = deliveries;
    const request = new Request(`${appOrigin}${delivery?.url}`, {
      method: 'POST',
      headers: { 'content-type': String(delivery?.headers['content-type']) },
      body: delivery?.body ?? '',
    });
    const form = new URLSearchParams(await request.text());
    const token = form.get('logout_token') ?? '';
    const { sub, sid } = claimsIn(id_token);
    expect(claimsIn(token)).toMatchObject({
      iss: okta.issuer,
      aud: client.client.client_id,
      sub,
      sid,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(claimsIn(token)).not.toHaveProperty('nonce');
    const { jwtVerify, createRemoteJWKSet } = await import('jose');
    const keys = createRemoteJWKSet(new URL(client.as.jwks_uri ?? ''));
    await jwtVerify(token, keys, { typ: 'logout+jwt', issuer: okta.issuer });
    expect(okta.events.list()).toContainEqual(
      expect.objectContaining({ kind: 'backchannel_logout', status: 200 }),
    );
  });

  test('get an iframe by the front channel, before the browser goes on', async () => {
    const other = await app(okta, {
      frontchannelLogoutUri: `${appOrigin}/bff/frontchannel-logout`,
    });
    const { id_token = '' } = await tokensOf(other);
    const page = await other.visitor.go(logoutUrl(id_token, home));
    expect(page.status).toBe(200);
    const html = (await page.text()).replaceAll('&amp;', '&');
    const query = new URLSearchParams({
      iss: okta.issuer,
      sid: String(claimsIn(id_token).sid),
    });
    expect(html).toContain(`src="${appOrigin}/bff/frontchannel-logout?${query}"`);
    expect(html).toContain('http-equiv="refresh"');
  });
});

describe('an administrator', () => {
  test('sends Universal Logout, signed with the key of ID tokens', async () => {
    const url = `${appOrigin}/bff/global-token-revocation`;
    const { client_id: clientId } = client.client;
    expect(await okta.universalLogout({ url, clientId, user: 'ada' })).toBe(204);
    const [delivery] = deliveries;
    expect(JSON.parse(delivery?.body ?? '')).toEqual({
      sub_id: { format: 'email', email: 'ada@example.com' },
    });
    const token = String(delivery?.headers.authorization).replace('Bearer ', '');
    const { jwtVerify, createRemoteJWKSet } = await import('jose');
    const keys = createRemoteJWKSet(new URL(client.as.jwks_uri ?? ''));
    const { payload } = await jwtVerify(token, keys, {
      typ: 'global-token-revocation+jwt',
      issuer: okta.issuer,
      audience: url,
      subject: clientId,
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
    expect(Number(payload.iat) - Number(payload.nbf)).toBe(300);
  });

  test('can have it spoiled, and in the other subject formats', async () => {
    const { body, bearer } = await logoutRequest(okta.servers.org, {
      url: `${appOrigin}/x?query=1`,
      clientId: 'c',
      user: 'grace',
      format: 'iss_sub',
      changeClaims: { aud: 'elsewhere' },
    });
    expect(body.sub_id).toEqual({
      format: 'iss_sub',
      iss: okta.issuer,
      sub: '00u2gracehopper0local',
    });
    expect(claimsIn(bearer)).toMatchObject({ sub: 'c', aud: 'elsewhere' });
  });

  test('ends sessions and tokens of one person', async () => {
    const tokens = await tokensOf(client);
    const grace = await app(okta);
    const hers = await tokensOf(grace, { forms: [{ sample: 'grace' }] });
    expect(okta.revoke('sessions', 'ada')).toBeGreaterThan(0);
    expect(okta.revoke('access_tokens', 'ada')).toBeGreaterThan(0);
    expect(okta.revoke('refresh_tokens', 'ada')).toBeGreaterThan(0);
    expect(await stillSignedIn()).toBe(false);
    expect((await call(client, tokens.access_token, '/api/v1/users/me')).status).toBe(401);
    await expect(refresh(client, tokens.refresh_token ?? '')).rejects.toThrow();
    expect((await call(grace, hers.access_token, '/api/v1/users/me')).status).toBe(200);
  });
});
