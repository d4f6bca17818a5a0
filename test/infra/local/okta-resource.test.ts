import { createHash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Okta,
  type ResourceServer,
  startOkta,
  startResourceServer,
} from '#infra/local/okta/index.ts';
import {
  type App,
  app,
  authorize,
  call,
  claimsIn,
  keyPair,
  redeem,
  refresh,
  refusal,
  tokensOf,
} from './okta-client.ts';
import { proofOf } from './okta-proof.ts';

let okta: Okta;
let api: ResourceServer;
let client: App;
let token: string;

beforeAll(async () => {
  okta = await startOkta({ port: 0 });
  api = await startResourceServer({ okta, port: 0 });
  client = await app(okta, { issuer: okta.customIssuer });
  token = (await tokensOf(client, { scope: 'openid orders.read' })).access_token;
});
afterAll(async () => {
  await api.close();
  await okta.close();
});
beforeEach(() => okta.faults.clear());

/** The library meets one nonce challenge by itself only when asked twice. */
const reach = async (path: string, options: Parameters<typeof call>[3] = {}) => {
  const first = await call(client, token, api.origin + path, options);
  const challenge = first.headers.get('www-authenticate') ?? '';
  return challenge.includes('use_dpop_nonce')
    ? call(client, token, api.origin + path, options)
    : first;
};

describe('nonces of a resource server', () => {
  test("are demanded in RFC 9449's form, and are not the authorization server's", async () => {
    const dpop = oauth.DPoP({}, client.keys);
    const first = await call(client, token, `${api.origin}/orders`, { dpop });
    expect(first.status).toBe(401);
    expect(first.headers.get('www-authenticate')).toMatch(/^DPoP error="use_dpop_nonce"/);
    const nonce = first.headers.get('dpop-nonce') ?? '';
    expect(okta.servers.custom.nonces.accepts(nonce)).toBe(false);
    expect((await call(client, token, `${api.origin}/orders`, { dpop })).status).toBe(200);
  });

  test('change on demand: one more round trip', async () => {
    expect((await reach('/orders')).status).toBe(200);
    api.nonces.reset();
    const challenged = await call(client, token, `${api.origin}/orders`);
    expect(challenged.status).toBe(401);
    expect((await call(client, token, `${api.origin}/orders`)).status).toBe(200);
  });

  test('may rotate with each answer, which carries the next one', async () => {
    await reach('/orders');
    okta.faults.set('resource', 'nonce_rotating');
    const nonces = new Set<string | null>();
    for (let at = 0; at < 3; at++) {
      const response = await call(client, token, `${api.origin}/orders`);
      expect(response.status).toBe(200);
      nonces.add(response.headers.get('dpop-nonce'));
    }
    expect(nonces.size).toBe(3);
  });
});

describe('what arrives', () => {
  test('is reported byte for byte: raw path, raw query, body', async () => {
    const { default: http } = await import('node:http');
    const path = '/echo/a%2Fb//%7Ec;d/%C3%A9/';
    const query = 'a=1&a=2&empty=&plus=a+b%20c&q=%27';
    const body = Buffer.from([0, 1, 2, 254, 255]);
    const htu = api.origin + path;
    const dpop = await proofOf(client.keys, {
      htu,
      htm: 'PATCH',
      token,
      nonce: api.nonces.current(),
    });
    const echoed = await new Promise<string>((resolve, reject) => {
      const request = http.request(
        `${api.origin}`,
        {
          method: 'PATCH',
          path: `${path}?${query}`,
          headers: { authorization: `DPoP ${token}`, dpop, 'x-one': 'two' },
        },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          resolve(Buffer.concat(chunks).toString());
        },
      );
      request.on('error', reject);
      request.end(body);
    });
    expect(JSON.parse(echoed)).toMatchObject({
      method: 'PATCH',
      path,
      query,
      headers: { 'x-one': 'two' },
      bodyBytes: 5,
      bodySha256: createHash('sha256').update(body).digest('hex'),
    });
    expect(api.received.at(-1)?.body.equals(body)).toBe(true);
    expect(echoed).not.toContain(token);
  });

  test('comes back as it was from /mirror, compressed where accepted', async () => {
    const body = 'é'.repeat(1000);
    const headers = { 'content-type': 'text/plain;charset=utf-8', 'accept-encoding': 'gzip' };
    const response = await reach('/mirror', { method: 'PUT', headers, body });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe(body);
  });

  test('streams, and sends headers that must not be passed on', async () => {
    const stream = await reach('/stream?count=3&everyMs=5');
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect((await stream.text()).match(/data: tick/g)).toHaveLength(3);
    const headers = await reach('/headers');
    expect(headers.headers.getSetCookie()).toHaveLength(2);
    const bytes = await reach('/bytes?size=70000');
    expect((await bytes.arrayBuffer()).byteLength).toBe(70_000);
  });

  test('is answered with any status, redirects and validators included', async () => {
    expect((await reach('/status/204')).status).toBe(204);
    expect((await reach('/nowhere')).status).toBe(404);
    const { default: http } = await import('node:http');
    const dpop = await proofOf(client.keys, {
      htu: `${api.origin}/redirect`,
      token,
      nonce: api.nonces.current(),
    });
    const options = { headers: { authorization: `DPoP ${token}`, dpop } };
    const location = await new Promise((resolve, reject) => {
      http
        .get(`${api.origin}/redirect?to=/echo?x=1`, options, (response) => {
          response.resume();
          resolve(response.headers.location);
        })
        .on('error', reject);
    });
    expect(location).toBe('/echo?x=1');
  });
});

describe('what is refused', () => {
  const send = async (headers: Record<string, string>, path = '/orders') => {
    const response = await fetch(api.origin + path, { headers });
    return [response.status, response.headers.get('www-authenticate')] as const;
  };
  const proof = (change = {}, keys = client.keys) =>
    proofOf(
      keys,
      { htu: `${api.origin}/orders`, token, nonce: api.nonces.current() },
      ({ claims }) => Object.assign(claims, change),
    );
  const authorization = () => `DPoP ${token}`;

  test('calls without a token, as Bearer, without a proof', async () => {
    expect((await send({}))[1]).toMatch(/^DPoP algs="/);
    expect((await send({ authorization: `Bearer ${token}`, dpop: await proof() }))[0]).toBe(401);
    const [status, challenge] = await send({ authorization: authorization() });
    expect(status).toBe(401);
    expect(challenge).toContain('error="invalid_dpop_proof"');
  });

  test('proofs for something else, of another key, used before', async () => {
    const same = await proof();
    expect((await send({ authorization: authorization(), dpop: same }))[0]).toBe(200);
    for (const dpop of [
      same,
      await proof({ htm: 'POST' }),
      await proof({ ath: 'AAAA' }),
      await proof({}, await keyPair()),
    ]) {
      const [status, challenge] = await send({ authorization: authorization(), dpop });
      expect(status).toBe(401);
      expect(challenge).toContain('error="invalid_dpop_proof"');
    }
  });

  test('the tokens of the org, which are for Okta', async () => {
    const org = await app(okta);
    const { access_token } = await tokensOf(org);
    const response = await call(org, access_token, `${api.origin}/orders`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test('a token without the scope with 403, and a weak sign-in as RFC 9470 has it', async () => {
    const write = await reach('/orders', { method: 'POST' });
    expect(write.status).toBe(403);
    expect(write.headers.get('www-authenticate')).toContain('scope="orders.write"');
    const vault = await reach('/vault');
    expect(vault.status).toBe(401);
    expect(vault.headers.get('www-authenticate')).toContain(
      'error="insufficient_user_authentication"',
    );
    const stepped = await tokensOf(client, {
      scope: 'openid',
      parameters: { acr_values: 'urn:okta:loa:2fa:any' },
      forms: [{ code: '123456' }],
    });
    const opened = await call(client, stepped.access_token, `${api.origin}/vault`);
    expect(opened.status).toBe(200);
  });
});

describe('resource indicators at the org server', () => {
  test("let one sign-in serve Okta and an API of one's own, each with its own token", async () => {
    const org = await app(okta);
    const started = await authorize(org, {
      scope: 'openid offline_access okta.users.read.self orders.read',
      parameters: { resource: api.origin },
    });
    const tokens = await redeem(org, started);
    expect((await call(org, tokens.access_token, '/api/v1/users/me')).status).toBe(200);
    const second = await refresh(org, tokens.refresh_token ?? '', {
      parameters: { resource: api.origin },
    });
    expect(claimsIn(second.access_token)).toMatchObject({ aud: api.origin, scope: 'orders.read' });
    const again = () => call(org, second.access_token, `${api.origin}/orders`);
    await again();
    expect((await again()).status).toBe(200);
    expect((await call(org, second.access_token, '/api/v1/users/me')).status).toBe(401);
  });

  test('a resource that was not asked for at the sign-in, or is unknown, is refused', async () => {
    const org = await app(okta);
    const { refresh_token = '' } = await tokensOf(org);
    for (const resource of [api.origin, 'http://127.0.0.1:1/']) {
      expect(
        await refusal(refresh(org, refresh_token, { parameters: { resource } })),
      ).toMatchObject({ status: 400, error: 'invalid_target' });
    }
  });
});
