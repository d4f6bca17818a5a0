import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FaultName, type Okta, type OktaEvent, startOkta } from '#infra/local/okta/index.ts';
import { faultValues, type OktaFault } from '#infra/local/okta/switchboard/faults.ts';
import {
  type App,
  app,
  authorize,
  call,
  insecure,
  redeem,
  redirectUri,
  refresh,
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
  okta.faults.clear();
  client = await app(okta);
});

const local = (path: string, init: RequestInit = {}) =>
  fetch(`${okta.issuer}/__local/${path}`, {
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });

describe('the switches', () => {
  test('are set, listed and cleared from another process', async () => {
    const set = await local('faults', {
      method: 'POST',
      body: JSON.stringify({ token: { value: 'server_error', times: 2 }, revoke: 'hang' }),
    });
    expect(await set.json()).toEqual({
      active: { token: { value: 'server_error', times: 2 }, revoke: { value: 'hang' } },
    });
    const listed = (await (await local('faults')).json()) as { known: unknown };
    expect(listed.known).toMatchObject(JSON.parse(JSON.stringify(faultValues)));
    await local('faults', { method: 'POST', body: JSON.stringify({ token: null }) });
    expect(okta.faults.list()).toEqual({ revoke: { value: 'hang' } });
    expect((await local('faults', { method: 'DELETE' })).status).toBe(204);
    expect(okta.faults.list()).toEqual({});
  });

  test('refuse what they do not know, and what a foreign page could send', async () => {
    for (const body of [
      '{"tokens":"x"}',
      '{"token":"x"}',
      '{"token":{"value":"bearer","times":0}}',
      '{',
    ]) {
      expect((await local('faults', { method: 'POST', body })).status, body).toBe(400);
    }
    const simple = { 'content-type': 'text/plain' };
    const body = '{"token":"bearer"}';
    expect((await local('faults', { method: 'POST', headers: simple, body })).status).toBe(415);
    const foreign = await local('events', { headers: { origin: 'https://evil.example' } });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    const own = await local('events', { headers: { origin: new URL(redirectUri).origin } });
    expect(own.headers.get('access-control-allow-origin')).toBe('http://localhost:9');
    const { default: http } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const options = { headers: { host: 'rebound.example' } };
      http
        .get(`${okta.issuer}/__local/events`, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject);
    });
    expect(status).toBe(421);
  });
});

describe('what the switchboard does not understand', () => {
  const post = (path: string, body: object) =>
    local(path, { method: 'POST', body: JSON.stringify(body) });
  const errorOf = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { error: string }).error,
  ];

  test('is an error that says what it knows', async () => {
    expect(await errorOf(await post('revoke', { what: 'everything' }))).toEqual([
      400,
      'what must be sessions, access_tokens, refresh_tokens',
    ]);
    expect(await errorOf(await post('revoke', { what: 'sessions', user: 'nobody' }))).toEqual([
      400,
      expect.stringContaining('user must be ada, grace'),
    ]);
    expect(await errorOf(await local('revok'))).toEqual([
      404,
      expect.stringContaining('POST revoke'),
    ]);
    expect(await errorOf(await post('universal-logout', { server: 'x' }))).toEqual([
      404,
      expect.stringContaining('server must be org'),
    ]);
    const bare = await fetch(`${okta.issuer}/__local/faults`, { method: 'POST' });
    expect(await errorOf(bare)).toEqual([415, expect.stringContaining('application/json')]);
  });
});

describe('at the token endpoint', () => {
  const outcomes: [string, number, string][] = [
    ['rate_limited', 429, ''],
    ['rate_limited_as_invalid_grant', 429, 'invalid_grant'],
    ['server_error', 500, 'server_error'],
    ['unavailable', 503, ''],
    ['invalid_grant', 400, 'invalid_grant'],
    ['nonce_always', 400, 'use_dpop_nonce'],
    ['nonce_missing', 400, 'use_dpop_nonce'],
  ];

  test.each(outcomes)('%s answers %i', async (fault, status, error) => {
    const { refresh_token = '' } = await tokensOf(client);
    okta.faults.set('token', { value: fault, grantType: 'refresh_token' });
    const response = await oauth.refreshTokenGrantRequest(
      client.as,
      client.client,
      client.auth,
      refresh_token,
      { DPoP: client.dpop, ...insecure },
    );
    expect(response.status).toBe(status);
    expect(response.headers.has('dpop-nonce')).toBe(fault === 'nonce_always');
    if (error) expect(await response.json()).toMatchObject({ error });
    okta.faults.clear();
    expect(await refresh(client, refresh_token)).toHaveProperty('access_token');
  });

  test('drop_after has rotated the token before it drops the connection', async () => {
    const { refresh_token = '' } = await tokensOf(client);
    okta.faults.set('token', { value: 'drop_after', times: 1, grantType: 'refresh_token' });
    await expect(refresh(client, refresh_token)).rejects.toThrow('fetch failed');
    const rotated = [...okta.servers.org.rows.values()].some(
      ({ payload, consumedAt }) => payload.jti === refresh_token && consumedAt !== undefined,
    );
    expect(rotated).toBe(true);
    expect(await refresh(client, refresh_token)).toHaveProperty('access_token');
  });

  test('bearer answers with the wrong token type, the others leave parts out', async () => {
    okta.faults.set('token', 'bearer');
    expect((await tokensOf(client)).token_type).toBe('bearer');
    okta.faults.set('token', 'no_refresh_token');
    const tokens = await tokensOf(client, { forms: [] });
    expect(tokens).not.toHaveProperty('refresh_token');
  });

  test('a delay happens before the answer', async () => {
    okta.faults.set('tokenDelayMs', { value: '20', times: 1 });
    expect(await tokensOf(client)).toHaveProperty('access_token');
    expect(okta.faults.list()).toEqual({});
  });
});

describe('in ID tokens', () => {
  const spoiled: [string, RegExp][] = [
    ['wrong_nonce', /nonce/],
    ['no_nonce', /nonce/],
    ['wrong_iss', /iss/],
    ['wrong_aud', /aud/],
    ['expired', /exp/],
    ['alg_none', /alg/],
    ['alg_hs256', /alg/],
  ];

  test.each(spoiled)('%s is refused by a client that checks', async (fault, message) => {
    okta.faults.set('idToken', fault);
    const error = await tokensOf(client).then(
      () => undefined,
      (cause) => cause,
    );
    expect(`${error?.message} ${JSON.stringify(error?.cause)}`).toMatch(message);
  });

  test('other faults change just their claim', async () => {
    const expected: [string, string, unknown][] = [
      ['wrong_sub', 'sub', '00u9somebodyelse0000'],
      ['wrong_at_hash', 'at_hash', 'AAAAAAAAAAAAAAAAAAAAAA'],
      ['no_auth_time', 'auth_time', undefined],
      ['wrong_azp', 'azp', 'another-client'],
      ['wrong_acr', 'acr', 'urn:okta:loa:1fa:any'],
    ];
    const { refresh_token = '' } = await tokensOf(client);
    for (const [fault, claim, value] of expected) {
      okta.faults.set('idToken', { value: fault, grantType: 'refresh_token' });
      const tokens = await refresh(client, refresh_token);
      expect(oauth.getValidatedIdTokenClaims(tokens)?.[claim], fault).toBe(value);
    }
  });
});

describe('in the metadata', () => {
  const metadata = async (fault: string) => {
    okta.faults.set('metadata', fault);
    const response = await fetch(`${okta.issuer}/.well-known/openid-configuration`);
    const text = await response.text();
    return { status: response.status, text, json: () => JSON.parse(text) };
  };

  test('wrong issuers, foreign endpoints and missing parts are published', async () => {
    expect((await metadata('wrong_issuer')).json().issuer).not.toBe(okta.issuer);
    expect((await metadata('foreign_endpoint')).json().token_endpoint).toContain('evil.example');
    const noPar = (await metadata('no_par')).json();
    expect(noPar).not.toHaveProperty('pushed_authorization_request_endpoint');
    const noAlgs = (await metadata('no_dpop_algs')).json();
    expect(noAlgs).not.toHaveProperty('dpop_signing_alg_values_supported');
    expect((await metadata('unavailable')).status).toBe(503);
    expect((await metadata('not_json')).text).toContain('<html>');
  });
});

describe('elsewhere', () => {
  test('PAR and revocation fail as told', async () => {
    okta.faults.set('par', 'server_error');
    const par = await oauth.pushedAuthorizationRequest(
      client.as,
      client.client,
      client.auth,
      {},
      insecure,
    );
    expect(par.status).toBe(500);
    okta.faults.set('revoke', 'unavailable');
    const revoke = (options = {}) =>
      oauth.revocationRequest(client.as, client.client, client.auth, 'x', {
        ...insecure,
        ...options,
      });
    expect((await revoke()).status).toBe(503);
    okta.faults.set('revoke', 'hang');
    await expect(revoke({ signal: AbortSignal.timeout(100) })).rejects.toThrow();
  });

  test('the callback can be given a hostile error', async () => {
    okta.faults.set('authorize', 'hostile_error');
    const { callback } = await authorize(client);
    expect(callback.searchParams.get('error_description')).toContain('<script>');
  });

  const atTheApi: [string, number, Record<string, RegExp>][] = [
    ['nonce_always', 400, { 'dpop-nonce': /./, 'www-authenticate': /use_dpop_nonce/ }],
    ['nonce_rfc', 401, { 'dpop-nonce': /./, 'www-authenticate': /use_dpop_nonce/ }],
    ['invalid_token', 401, { 'www-authenticate': /invalid_token/ }],
    ['step_up', 401, { 'www-authenticate': /insufficient_authentication_context/ }],
    ['step_up_rfc9470', 401, { 'www-authenticate': /insufficient_user_authentication/ }],
    ['rate_limited', 429, { 'x-rate-limit-remaining': /^0$/ }],
    ['server_error', 500, {}],
    ['cookies', 200, { 'access-control-allow-origin': /\*/ }],
  ];

  test.each(atTheApi)('an API under %s answers %i', async (fault, status, headers) => {
    const { access_token } = await tokensOf(client);
    okta.faults.set('api', { value: fault, times: 1 });
    const dpop = oauth.DPoP({}, client.keys);
    const response = await call(client, access_token, '/api/v1/users/me', { dpop });
    expect(response.status).toBe(status);
    for (const [name, value] of Object.entries(headers)) {
      expect(response.headers.get(name), name).toMatch(value);
    }
    expect((await call(client, access_token, '/api/v1/users/me', { dpop })).status).toBe(200);
  });

  test('a dropped call is an error of the connection', async () => {
    const { access_token } = await tokensOf(client);
    okta.faults.set('api', { value: 'drop_before', times: 1 });
    await expect(call(client, access_token, '/api/v1/users/me')).rejects.toThrow();
  });

  test('every switch has every value named in a type that callers see', () => {
    const names = Object.keys(faultValues) as FaultName[];
    for (const name of names) {
      for (const value of faultValues[name] ?? ['10']) {
        const fault: OktaFault = { value };
        okta.faults.set(name, fault);
        expect(okta.faults.take(name)).toBe(value);
      }
    }
  });
});

describe('the event feed', () => {
  test('tells each step with its proof, and holds no secret', async () => {
    okta.events.clear();
    const started = await authorize(client);
    const tokens = await redeem(client, started);
    await call(client, tokens.access_token, '/api/v1/users/me');
    await refusal(refresh(client, 'nobody-knows'));
    const events = okta.events.list();
    expect(events.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'authorize 303',
      'authorize 303',
      'token 400',
      'token 200',
      'api 200',
      'token 400',
    ]);
    expect(events[2]).toMatchObject({
      challenged: true,
      error: 'use_dpop_nonce',
      grantType: 'authorization_code',
      clientAuth: 'private_key_jwt',
    });
    const jkt = await client.dpop.calculateThumbprint();
    expect(events[4]).toMatchObject({
      server: 'org',
      scheme: 'DPoP',
      proof: { jkt, claims: { htm: 'GET', htu: `${okta.issuer}/api/v1/users/me` } },
      secrets: { access_token: expect.stringMatching(/^sha256:[\w-]{8}$/) },
    });
    const all = JSON.stringify(events);
    const code = started.callback.searchParams.get('code') ?? '';
    for (const secret of [tokens.access_token, tokens.refresh_token, tokens.id_token, code]) {
      expect(all).not.toContain(secret);
    }
    expect(all).not.toContain(started.verifier);
  });

  test('is followed live, after what was there before', async () => {
    okta.events.clear();
    const { access_token } = await tokensOf(client);
    const stop = new AbortController();
    const stream = await local('events', {
      headers: { accept: 'text/event-stream' },
      signal: stop.signal,
    });
    const seen: OktaEvent[] = [];
    const reading = (async () => {
      let text = '';
      for await (const chunk of stream.body ?? []) {
        text += Buffer.from(chunk).toString();
        const parts = text.split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) {
          const data = /^data: (.*)$/m.exec(part)?.[1];
          if (data) seen.push(JSON.parse(data));
        }
        if (seen.some(({ kind }) => kind === 'api')) return;
      }
    })();
    await call(client, access_token, '/api/v1/users/me');
    await reading;
    stop.abort();
    expect(seen[0]?.kind).toBe('authorize');
    expect(seen.at(-1)).toMatchObject({ kind: 'api', path: '/api/v1/users/me' });
  });

  test('keeps the last five hundred', () => {
    for (let at = 0; at < 600; at++) {
      okta.events.add({ kind: 'api', server: 'org', method: 'GET', path: `/${at}`, status: 200 });
    }
    const events = okta.events.list();
    expect(events).toHaveLength(500);
    expect(events.at(-1)?.path).toBe('/599');
  });
});

describe('thefts', () => {
  test("end in Okta's refusals", async () => {
    const { access_token } = await tokensOf(client, { scope: 'openid okta.users.read' });
    await call(client, access_token, '/api/v1/users?limit=1');
    const expected: [string, number, RegExp][] = [
      ['replay', 400, /The DPoP proof JWT has already been used\./],
      ['other_url', 400, /'htu' claim in the DPoP proof JWT is invalid\./],
      ['other_method', 400, /'htm' claim in the DPoP proof JWT is invalid\./],
      ['bearer', 400, /must use the DPoP authentication scheme/],
      ['no_proof', 400, /^Bearer .*The resource request requires a DPoP proof\./],
      ['other_key', 400, /The access_token is not bound to the provided DPoP proof\./],
    ];
    for (const [theft, status, challenge] of expected) {
      const response = await local('thefts', { method: 'POST', body: JSON.stringify({ theft }) });
      const result = (await response.json()) as { status: number; challenge: string };
      expect(result.status, theft).toBe(status);
      expect(result.challenge, theft).toMatch(challenge);
    }
  });

  test('need a call that was seen', async () => {
    const fresh = await startOkta({ port: 0 });
    const response = await fetch(`${fresh.issuer}/__local/thefts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"theft":"replay"}',
    });
    expect(response.status).toBe(409);
    await fresh.close();
  });
});
