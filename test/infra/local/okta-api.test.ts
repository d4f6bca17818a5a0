import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { type App, app, authorize, call, keyPair, redeem, tokensOf } from './okta-client.ts';
import { type ProofParts, proofOf } from './okta-proof.ts';

const allScopes =
  'openid profile email offline_access okta.users.read okta.users.manage okta.apps.read ' +
  'okta.groups.read okta.myAccount.profile.read';

let okta: Okta;
let client: App;
let token: string;

beforeAll(async () => {
  okta = await startOkta({ port: 0 });
  client = await app(okta);
  token = (await tokensOf(client, { scope: allScopes })).access_token;
});
afterAll(() => okta.close());
beforeEach(() => {
  okta.faults.clear();
});

const signedInAs = async (who: string, scope = allScopes) => {
  const other = await app(okta);
  const tokens = await tokensOf(other, { scope, forms: [{ sample: who }] });
  return { other, token: tokens.access_token };
};

interface Sent {
  path?: string;
  method?: string;
  scheme?: string;
  accessToken?: string;
  dpop?: string | string[];
  headers?: Record<string, string>;
}

/** A call whose every part the test decides. */
async function send({ path = '/api/v1/users', method = 'GET', scheme = 'DPoP', ...sent }: Sent) {
  const headers = new Headers(sent.headers);
  headers.set('authorization', `${scheme} ${sent.accessToken ?? token}`);
  for (const proof of [sent.dpop ?? []].flat()) headers.append('dpop', proof);
  const response = await fetch(okta.issuer + path, { method, headers, redirect: 'manual' });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), response };
}

const proof = (change: (parts: ProofParts) => void = () => {}, path = '/api/v1/users') =>
  proofOf(client.keys, { htu: okta.issuer + path, token }, change);

const form = (scheme: string, scope: string, error: string, text: string, resource: string) => {
  const algs = scheme === 'DPoP' ? 'algs="RS256 RS384 RS512 ES256 ES384 ES512", ' : '';
  const { issuer } = okta;
  return (
    `${scheme} ${algs}authorization_uri="${issuer}/oauth2/v1/authorize", realm="${issuer}", ` +
    `scope="${scope}", error="${error}", error_description="${text}", resource="${resource}"`
  );
};

describe("what Okta's resources refuse, in Okta's words", () => {
  const users = 'okta.users.read.self';
  const refused = (text: string) =>
    form('DPoP', users, 'invalid_dpop_proof', text, '/api/v1/users');

  test('a token without a proof, under the scheme Bearer', async () => {
    const expected = form(
      'Bearer',
      users,
      'invalid_request',
      'The resource request requires a DPoP proof.',
      '/api/v1/users',
    );
    for (const scheme of ['Bearer', 'DPoP']) {
      const { status, challenge } = await send({ scheme });
      expect([status, challenge]).toEqual([400, expected]);
    }
  });

  test('a DPoP-bound token under the scheme Bearer', async () => {
    const { status, challenge } = await send({ scheme: 'Bearer', dpop: await proof() });
    expect(status).toBe(400);
    expect(challenge).toContain(
      'The resource request must use the DPoP authentication scheme when using a DPoP bound token.',
    );
  });

  test('a proof for another URL, at the Apps API', async () => {
    const { status, challenge } = await send({ path: '/api/v1/apps', dpop: await proof() });
    const text = "'htu' claim in the DPoP proof JWT is invalid.";
    expect([status, challenge]).toEqual([
      400,
      form('DPoP', 'okta.apps.read', 'invalid_dpop_proof', text, '/api/v1/apps'),
    ]);
  });

  test('a wrong ath at userinfo', async () => {
    const path = '/oauth2/v1/userinfo';
    const dpop = await proof(({ claims }) => {
      claims.ath = 'AAAA';
    }, path);
    const text = "'ath' claim in the DPoP proof does not match the presented access_token.";
    const { status, challenge } = await send({ path, dpop });
    expect([status, challenge]).toEqual([
      400,
      form('DPoP', 'openid', 'invalid_dpop_proof', text, path),
    ]);
  });

  test('a proof that was used before', async () => {
    const dpop = await proof();
    expect((await send({ dpop })).status).toBe(200);
    const { status, challenge } = await send({ dpop });
    expect([status, challenge]).toEqual([
      400,
      refused('The DPoP proof JWT has already been used.'),
    ]);
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const faults: [string, (parts: ProofParts) => void, string][] = [
    [
      'htm',
      ({ claims }) => set(claims, 'htm', 'get'),
      "'htm' claim in the DPoP proof JWT is invalid.",
    ],
    ['jti', ({ claims }) => delete claims.jti, "'jti' claim in the DPoP proof JWT is invalid."],
    ['iat', ({ claims }) => delete claims.iat, "'iat' claim in the DPoP proof JWT is invalid."],
    [
      'missing ath',
      ({ claims }) => delete claims.ath,
      "'ath' claim in the DPoP proof does not match the presented access_token.",
    ],
    [
      'old iat',
      ({ claims }) => set(claims, 'iat', seconds() - 302),
      'The DPoP proof JWT is issued more than five minutes in the past.',
    ],
    [
      'future iat',
      ({ claims }) => set(claims, 'iat', seconds() + 3),
      'The DPoP proof JWT is issued in the future.',
    ],
    [
      'past exp',
      ({ claims }) => set(claims, 'exp', seconds() - 100),
      'The DPoP proof JWT is expired.',
    ],
    [
      'typ',
      ({ header }) => set(header, 'typ', 'JWT'),
      "'typ' must be 'dpop+jwt' in the DPoP proof JWT.",
    ],
    [
      'alg',
      ({ header }) => set(header, 'alg', 'HS256'),
      'The DPoP proof JWT signature algorithm is invalid.',
    ],
  ];
  const set = (part: Record<string, unknown>, name: string, value: unknown) => {
    part[name] = value;
  };

  test.each(faults)('a proof with a wrong %s', async (_, change, text) => {
    const { status, challenge } = await send({ dpop: await proof(change) });
    expect([status, challenge]).toEqual([400, refused(text)]);
  });

  test("a proof from a clock ahead of Okta's, unless a tolerance is set", async () => {
    okta.settings.skewSeconds = -2;
    expect((await send({ dpop: await proof() })).challenge).toBe(
      refused('The DPoP proof JWT is issued in the future.'),
    );
    okta.settings.futureToleranceSeconds = 5;
    expect((await send({ dpop: await proof() })).status).toBe(200);
    Object.assign(okta.settings, { skewSeconds: 0, futureToleranceSeconds: 0 });
  });

  test('a proof of another key', async () => {
    const dpop = await proofOf(await keyPair(), { htu: `${okta.issuer}/api/v1/users`, token });
    const { status, challenge } = await send({ dpop });
    expect([status, challenge]).toEqual([
      400,
      refused('The access_token is not bound to the provided DPoP proof.'),
    ]);
  });

  test('a forged signature, nonsense, and two proofs', async () => {
    const [header, claims, signature = ''] = (await proof()).split('.');
    const forged = `${header}.${claims}.${[...signature].reverse().join('')}`;
    expect((await send({ dpop: forged })).challenge).toBe(
      refused('The DPoP proof JWT signature is invalid.'),
    );
    expect((await send({ dpop: 'nonsense' })).challenge).toBe(
      refused('The DPoP proof JWT cannot be parsed.'),
    );
    const { default: http } = await import('node:http');
    const twice = [await proof(), await proof()];
    const status = await new Promise((resolve, reject) => {
      const options = { headers: { authorization: `DPoP ${token}`, dpop: twice } };
      const request = http.get(`${okta.issuer}/api/v1/users`, options, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers['www-authenticate']]);
      });
      request.on('error', reject);
    });
    expect(status).toEqual([400, refused('Multiple DPoP proof JWT headers are not allowed.')]);
  });

  test('no token, an unknown one and a foreign one with 401', async () => {
    const none = await fetch(`${okta.issuer}/api/v1/users`);
    expect(none.status).toBe(401);
    expect(await none.json()).toMatchObject({ errorCode: 'E0000005' });
    const { status, challenge } = await send({ accessToken: 'abc', dpop: await proof() });
    expect(status).toBe(401);
    expect(challenge).toContain('error="invalid_token"');
    const custom = await app(okta, { issuer: okta.customIssuer });
    const { access_token } = await redeem(custom, await authorize(custom, { scope: 'openid' }));
    const foreign = await call({ ...custom, as: client.as }, access_token, '/api/v1/users');
    expect(foreign.status).toBe(401);
    expect(foreign.headers.get('www-authenticate')).toContain(
      'The access token provided has an invalid issuer.',
    );
  });

  test('a token without the scope with 403', async () => {
    const { other, token: narrow } = await signedInAs('ada', 'openid okta.users.read.self');
    const response = await call(other, narrow, '/api/v1/apps');
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBe(
      form(
        'DPoP',
        'okta.apps.read',
        'insufficient_scope',
        'The access token provided does not contain the required scopes.',
        '/api/v1/apps',
      ),
    );
  });
});

describe('the Users API', () => {
  test('is walked by its Link lines, one per rel, with a comma in the cursor', async () => {
    let url = `${okta.issuer}/api/v1/users?limit=25&q=`;
    const ids = new Set<string>();
    const pages: number[] = [];
    while (url) {
      const response = await call(client, token, url);
      const users = (await response.json()) as { id: string }[];
      pages.push(users.length);
      for (const { id } of users) ids.add(id);
      const link = response.headers.get('link') ?? '';
      expect(link).toContain(`<${url}>; rel="self"`);
      const next = /<([^>]*)>; rel="next"/.exec(link)?.[1] ?? '';
      if (next) expect(next).toMatch(/after=[^&]*,[^&]*&limit=25&q=$/);
      url = next;
    }
    expect(pages).toEqual([25, 25, 10]);
    expect(ids.size).toBe(60);
  });

  test('sends each Link on a line of its own', async () => {
    const { default: http } = await import('node:http');
    const dpop = await proof();
    const lines = await new Promise((resolve, reject) => {
      const options = { headers: { authorization: `DPoP ${token}`, dpop } };
      http
        .get(`${okta.issuer}/api/v1/users?limit=1`, options, (response) => {
          response.resume();
          resolve(response.headersDistinct.link);
        })
        .on('error', reject);
    });
    expect(lines).toHaveLength(2);
  });

  test('refuses a cursor that it never handed out', async () => {
    const response = await call(client, token, '/api/v1/users?after=00u1,made-up');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errorCode: 'E0000001' });
  });

  test('finds by beginning, and shows one user with absolute links', async () => {
    const found = await call(client, token, '/api/v1/users?q=gra');
    expect(await found.json()).toMatchObject([{ profile: { login: 'grace@example.com' } }]);
    const me = await call(client, token, '/api/v1/users/me');
    const user = (await me.json()) as { id: string };
    expect(user).toMatchObject({
      profile: { login: 'ada@example.com' },
      _links: { self: { href: `${okta.issuer}/api/v1/users/${user.id}` } },
    });
  });

  test('answers 304 to the ETag it gave', async () => {
    const first = await call(client, token, '/api/v1/users/me');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const second = await call(client, token, '/api/v1/users/me', { headers });
    expect(second.status).toBe(304);
  });

  test('changes a profile', async () => {
    const response = await call(client, token, '/api/v1/users/me', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ profile: { mobilePhone: '+44 20 7946 0000' } }),
    });
    expect(await response.json()).toMatchObject({ profile: { mobilePhone: '+44 20 7946 0000' } });
  });

  test('answers 411 to a POST without Content-Length, and runs it with one', async () => {
    const user = okta.directory.users.at(-1);
    const path = `/api/v1/users/${user?.id}/lifecycle/suspend`;
    const { default: net } = await import('node:net');
    const { hostname, port } = new URL(okta.issuer);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(Number(port), hostname, () => {
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`,
        );
      });
      socket.on('error', reject);
      socket.once('data', (data) => resolve(data.toString()));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 411 /);
    expect((await call(client, token, path, { method: 'POST' })).status).toBe(200);
    expect(user?.status).toBe('SUSPENDED');
  });

  test('shows an ordinary user only themselves', async () => {
    const { other, token: own } = await signedInAs('grace');
    expect((await call(other, own, '/api/v1/users/me')).status).toBe(200);
    for (const path of ['/api/v1/users', '/api/v1/apps', `/api/v1/users/ada@example.com`]) {
      const response = await call(other, own, path);
      expect(response.status, path).toBe(403);
      expect(await response.json(), path).toMatchObject({ errorCode: 'E0000006' });
    }
  });
});

describe('every answer', () => {
  test('has rate-limit headers and a request id, errors have their stable code', async () => {
    const response = await call(client, token, '/api/v1/apps');
    expect(Number(response.headers.get('x-rate-limit-limit'))).toBe(600);
    expect(Number(response.headers.get('x-rate-limit-remaining'))).toBeLessThan(600);
    expect(Number(response.headers.get('x-rate-limit-reset'))).toBeGreaterThan(Date.now() / 1000);
    expect(response.headers.get('x-okta-request-id')).toBeTruthy();
    const missing = await call(client, token, '/api/v1/users/nobody');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      errorCode: 'E0000007',
      errorSummary: 'Not found: Resource not found: nobody (User)',
      errorLink: 'E0000007',
      errorId: expect.any(String),
      errorCauses: [],
    });
    const method = await call(client, token, '/api/v1/apps', { method: 'DELETE' });
    expect(method.status).toBe(405);
  });

  test('ends in 429 when the limit is reached', async () => {
    okta.settings.rateLimit = 2;
    const { other, token: own } = await signedInAs('ada');
    const statuses: number[] = [];
    for (let at = 0; at < 2; at++) {
      statuses.push((await call(other, own, '/api/v1/groups')).status);
    }
    expect(statuses).toEqual([200, 200]);
    const response = await call(other, own, '/api/v1/groups');
    expect(response.status).toBe(429);
    expect(response.headers.get('x-rate-limit-remaining')).toBe('0');
    expect(await response.json()).toMatchObject({ errorCode: 'E0000047' });
    okta.settings.rateLimit = 600;
  });

  test('is gzipped where that is accepted', async () => {
    const { response } = await send({
      dpop: await proof(),
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.json()).toHaveLength(60);
  });
});

describe('userinfo and MyAccount', () => {
  test('userinfo has what the scopes allow', async () => {
    const response = await oauth.userInfoRequest(client.as, client.client, token, {
      DPoP: client.dpop,
      [oauth.allowInsecureRequests]: true,
    });
    const claims = await oauth.processUserInfoResponse(
      client.as,
      client.client,
      oauth.skipSubjectCheck,
      response,
    );
    expect(claims).toMatchObject({ name: 'Ada Lovelace', email: 'ada@example.com' });
    const { other, token: narrow } = await signedInAs('ada', 'openid');
    const small = await call(other, narrow, '/oauth2/v1/userinfo');
    expect(Object.keys((await small.json()) as object)).toEqual(['sub']);
  });

  test('MyAccount asks for a second factor in its own form, and is content with one', async () => {
    const path = '/idp/myaccount/profile';
    const first = await call(client, token, path);
    expect(first.status).toBe(401);
    expect(first.headers.get('www-authenticate')).toBe(
      'Bearer realm="IdpMyAccountAPI", error="insufficient_authentication_context", ' +
        'error_description="The access token requires additional assurance to access the resource", ' +
        'max_age=900, acr_values="urn:okta:loa:2fa:any:ifpossible"',
    );
    const stepped = await tokensOf(client, {
      scope: allScopes,
      parameters: { acr_values: 'urn:okta:loa:2fa:any:ifpossible', max_age: '900' },
      forms: [{ code: '123456' }],
    });
    expect((await call(client, stepped.access_token, path)).status).toBe(200);
  });
});
