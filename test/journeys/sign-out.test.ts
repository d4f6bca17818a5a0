import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadOrigin } from '#test/support/loopback.ts';
import { codeOf, nothing, queryOf, running, sessionName } from '#test/support/running.ts';
import { tokenLike } from '#test/support/secrets.ts';
import type { Answer, Ask, Visitor } from '#test/support/visitor.ts';

const run = running();
const { someone, signedIn } = run;

const byForm = (visit: Visitor) => visit.navigate('/bff/logout', { form: {}, until: () => true });
const byFetch = (visit: Visitor) => visit.fetch('/bff/logout', { method: 'POST' });
const revoked = () =>
  run.okta.events.list().filter(({ kind, status }) => kind === 'revoke' && status === 200);

async function hasEnded(visit: Visitor, cookie: string | undefined) {
  expect(visit.cookieNames()).toEqual([]);
  visit.plant(sessionName, cookie ?? '');
  expect((await visit.fetch('/bff/session')).json()).toEqual({ authenticated: false });
}

describe('signing out', () => {
  test('by a form leads to Okta with the ID token as a hint, which appears nowhere else', async () => {
    const ada = await signedIn();
    const cookie = ada.cookie(sessionName);
    const answer = await byForm(ada);
    expect([answer.status, answer.text]).toEqual([303, '']);
    const location = new URL(answer.headers.location ?? '');
    expect(location.origin + location.pathname).toBe(`${run.okta.issuer}/oauth2/v1/logout`);
    expect([...location.searchParams.keys()].sort()).toEqual([
      'client_id',
      'id_token_hint',
      'post_logout_redirect_uri',
    ]);
    const query = queryOf(answer);
    expect(query.get('post_logout_redirect_uri')).toBe(`${run.system.url}/`);
    expect(query.get('id_token_hint')).toMatch(/^eyJ/);
    const { location: _, ...others } = answer.headers;
    expect(JSON.stringify(others)).not.toMatch(tokenLike);
    expect(answer.headers).toMatchObject({
      'clear-site-data': '"cache"',
      'cache-control': 'no-store',
    });
    await hasEnded(ada, cookie);
  });

  test('by fetch is a 204 that empties the cookie jar and shows no token', async () => {
    const ada = await signedIn();
    const cookie = ada.cookie(sessionName);
    const answer = await byFetch(ada);
    expect([answer.status, answer.text, answer.headers.location]).toEqual([204, '', undefined]);
    expect(answer.headers['clear-site-data']).toBe('"cache"');
    expect(JSON.stringify(answer.headers)).not.toMatch(tokenLike);
    await hasEnded(ada, cookie);
  });

  test('ends the session here first, then revokes the refresh token, then the access token', async () => {
    const ada = await signedIn();
    const before = revoked().length;
    const issued = run.okta.events
      .list()
      .findLast(({ kind, status }) => kind === 'token' && status === 200);
    await byFetch(ada);
    const calls = revoked().slice(before);
    expect(calls.map(({ secrets }) => secrets?.token)).toEqual([
      issued?.secrets?.refresh_token,
      issued?.secrets?.access_token,
    ]);
    // With client authentication and without a proof.
    for (const { clientAuth, proof } of calls) {
      expect([clientAuth, proof]).toEqual(['private_key_jwt', undefined]);
    }
  });

  test('twice, or without a session, ends just as well', async () => {
    const ada = await signedIn();
    const cookie = ada.cookie(sessionName) ?? '';
    await byFetch(ada);
    ada.plant(sessionName, cookie);
    expect((await byFetch(ada)).status).toBe(204);
    ada.plant(sessionName, cookie);
    const again = await byForm(ada);
    expect([again.status, again.headers.location]).toEqual([303, '/']);
    expect((await byForm(someone())).headers.location).toBe('/');
    expect((await byFetch(someone())).status).toBe(204);
  });

  test.each(['server_error', 'unavailable', 'drop_before', 'hang'])(
    'ends the session even if revocation fails (%s)',
    async (fault) => {
      const ada = await signedIn();
      const cookie = ada.cookie(sessionName);
      run.okta.faults.set('revoke', fault);
      const answer = await byForm(ada);
      expect([answer.status, new URL(answer.headers.location ?? '').origin]).toEqual([
        303,
        run.okta.issuer,
      ]);
      await hasEnded(ada, cookie);
    },
  );

  test('ends the session even while KMS signs nothing', async () => {
    const ada = await signedIn();
    const cookie = ada.cookie(sessionName);
    run.kms.faults.fault = () => ({ error: 'DisabledException' });
    expect((await byFetch(ada)).status).toBe(204);
    run.kms.faults.reset();
    await hasEnded(ada, cookie);
  });

  test('while the table is away ends nothing, says so, and keeps the cookie for the next try', async () => {
    const ada = await signedIn();
    run.dynamodb.faults.fault = () => ({ error: 'InternalServerError', status: 500 });
    const answer = await byFetch(ada);
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    run.dynamodb.faults.reset();
    const cookie = ada.cookie(sessionName);
    expect((await byFetch(ada)).status).toBe(204);
    await hasEnded(ada, cookie);
  });

  describe('with a POST to the end-session endpoint', () => {
    beforeAll(() => run.system.redeploy({ logout: { method: 'post' } }));
    afterAll(() => run.system.redeploy({}));

    test('by a form is a page that sends the ID token there by itself, and nowhere else', async () => {
      const ada = await signedIn();
      const cookie = ada.cookie(sessionName);
      const answer = await byForm(ada);
      expect([answer.status, answer.headers.location]).toEqual([200, undefined]);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'clear-site-data': '"cache"',
        'cache-control': 'no-store',
        'referrer-policy': 'strict-origin',
      });
      expect(JSON.stringify(answer.headers)).not.toMatch(tokenLike);
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain(`form-action ${run.okta.issuer} 'self'`);
      const [, script = ''] = /<script>(.*)<\/script>/.exec(answer.text) ?? [];
      const hash = createHash('sha256').update(script).digest('base64');
      expect(policy).toContain(`script-src 'sha256-${hash}'`);
      const [, action] = /<form method="post" action="([^"]+)">/.exec(answer.text) ?? [];
      expect(action).toBe(`${run.okta.issuer}/oauth2/v1/logout`);
      const fields = [
        ...answer.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]+)">/g),
      ];
      expect(fields.map(([, name, value]) => [name, value])).toEqual([
        ['id_token_hint', expect.stringMatching(/^eyJ[\w.-]+$/)],
        ['client_id', run.system.config.clientId],
        ['post_logout_redirect_uri', `${run.system.url}/`],
      ]);
      // Where no script runs.
      expect(answer.text).toContain('<button class="button">Sign out</button>');
      await hasEnded(ada, cookie);
    });

    test('by fetch, or without a session, works as it does otherwise', async () => {
      expect((await byFetch(await signedIn())).status).toBe(204);
      const answer = await byForm(someone());
      expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    });
  });

  describe('with an authorization server that cannot be reached', () => {
    let ada: Visitor;
    beforeAll(async () => {
      ada = await signedIn();
      await run.system.redeploy({ issuer: await deadOrigin() });
    });
    afterAll(() => run.system.redeploy({}));

    test('ends here, and stays here', async () => {
      const cookie = ada.cookie(sessionName);
      const answer = await byForm(ada);
      expect([answer.status, answer.headers.location]).toEqual([303, '/']);
      await hasEnded(ada, cookie);
    });
  });
});

describe('a request from another page is refused and causes no call', () => {
  const origins: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site', 'x-bff-csrf': '1' }],
    ['a sibling of this site', { 'sec-fetch-site': 'same-site', 'x-bff-csrf': '1' }],
    ['nobody', { 'sec-fetch-site': 'none', 'x-bff-csrf': '1' }],
    ['another Origin', { origin: 'https://evil.example', 'x-bff-csrf': '1' }],
    ['Origin null', { origin: 'null', 'x-bff-csrf': '1' }],
    ['no custom header', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
    ['no header at all', {}],
    ['another value', { 'sec-fetch-site': 'same-origin', 'x-bff-csrf': '0' }],
    ['the header twice', { 'sec-fetch-site': 'same-origin', 'x-bff-csrf': '1,1' }],
    ['two sites', { 'sec-fetch-site': 'same-origin, cross-site', 'x-bff-csrf': '1' }],
  ];
  const endpoints: [string, string][] = [
    ['GET', '/bff/session'],
    ['HEAD', '/bff/session'],
    ['POST', '/bff/logout'],
    ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method): [string, string] => [
      method,
      '/bff/api/v1/users/me',
    ]),
  ];
  let ada: Visitor;
  let cookie: string;
  beforeAll(async () => {
    ada = await signedIn();
    cookie = `${sessionName}=${ada.cookie(sessionName)}`;
  });

  test.each(origins)('from %s', async (_name, headers) => {
    for (const [method, path] of endpoints) {
      const ask: Ask = { method, headers: { ...headers, cookie } };
      const { result, ...asked } = await run.asked<Answer>(() => someone().send(path, ask));
      expect([method, path, result.status, asked]).toEqual([method, path, 403, nothing]);
      expect(result.cookies).toEqual([]);
      if (method !== 'HEAD') expect(codeOf(result)).toBe('csrf');
    }
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
  });

  test('an image, a link or a form on another site signs nobody out', async () => {
    for (const ask of [
      { method: 'GET', headers: { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' } },
      { method: 'POST', headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } },
      { method: 'POST', headers: { origin: 'https://evil.example' } },
    ]) {
      const { result, ...asked } = await run.asked(() =>
        someone().send('/bff/logout', { ...ask, headers: { ...ask.headers, cookie } as never }),
      );
      expect([403, 405]).toContain(result.status);
      expect(asked).toEqual(nothing);
    }
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
  });

  test('no answer has a CORS header, and a preflight is granted nothing', async () => {
    const foreign = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-bff-csrf',
    };
    for (const path of [
      '/bff/session',
      '/bff/logout',
      '/bff/login',
      '/bff/callback',
      '/bff/api/v1/users',
      '/bff/jwks',
      '/bff/health',
      '/bff/nothing',
    ]) {
      for (const method of ['OPTIONS', 'GET']) {
        const { result: answer, writes } = await run.asked(() =>
          someone().send(path, { method, headers: foreign }),
        );
        const names = Object.keys(answer.headers).filter((name) =>
          name.startsWith('access-control'),
        );
        expect([path, method, names]).toEqual([path, method, []]);
        if (method === 'OPTIONS')
          expect([path, answer.status >= 400, writes]).toEqual([path, true, 0]);
      }
    }
  });
});
