// What people and programs see when something is away: the right code, when to come back, and nothing of the cause.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logoutRequest } from '#infra/local/okta/index.ts';
import { codeOf, queryOf, running, sessionName } from '#test/support/running.ts';
import { begin, callback, signInThere, untilCallback } from '#test/support/sign-in-steps.ts';
import type { Answer } from '#test/support/visitor.ts';

const run = running();
const { someone, signedIn } = run;

const away = () => ({ error: 'InternalServerError', status: 500, message: 'arn:aws:secret' });
const disabled = () => ({ error: 'DisabledException', message: 'arn:aws:kms:secret is disabled.' });
const throttled = () => ({ error: 'ThrottlingException', message: 'Rate exceeded' });
const tokenCalls = () => run.okta.events.list().filter(({ kind }) => kind === 'token').length;
const revoked = () => run.okta.events.list().filter(({ kind }) => kind === 'revoke').length;

/** A page for people: no code, no cause, and no way around. */
function isPage(answer: Answer, status: number) {
  expect([answer.status, answer.headers['content-type']]).toEqual([
    status,
    'text/html; charset=utf-8',
  ]);
  expect(answer.text).not.toMatch(/arn:|Exception|Error:|dynamodb|kms|<script/i);
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
}

describe('without the table', () => {
  const cut = () => {
    run.dynamodb.faults.fault = away;
  };

  test('a sign-in is a page with 503 and a time to come back', async () => {
    const ada = someone();
    await begin(ada);
    cut();
    const page = await ada.navigate('/bff/login');
    isPage(page, 503);
    expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('a callback is a page with 503 as well, and goes through when it is loaded again', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    cut();
    isPage(await callback(ada, url), 503);
    run.dynamodb.faults.reset();
    expect((await callback(ada, url)).headers.location).toBe('/');
  });

  test.each([
    ['the session cannot be written', 'PutItem'],
    ['the user’s mark cannot be read', 'GetItem'],
  ])('if %s, nobody is signed in and the tokens are revoked', async (_name, operation) => {
    const ada = someone();
    const url = await untilCallback(ada);
    const sessions = (await run.items('session#')).length;
    const before = revoked();
    run.dynamodb.faults.fault = (call) => (call.operation === operation ? away() : undefined);
    const answer = await callback(ada, url);
    run.dynamodb.faults.reset();
    expect([answer.status, queryOf(answer).get('login_error')]).toEqual([302, 'login_failed']);
    expect(ada.cookie(sessionName)).toBeUndefined();
    expect(revoked()).toBe(before + 2);
    // Nonces, at most: they open nothing.
    const left = (await run.items('session#')).slice(sessions).map(({ sk }) => sk?.S);
    expect(left).not.toContain('session');
  });

  test('the session is a problem with store_unavailable, and the cookie stays', async () => {
    const ada = await signedIn();
    cut();
    const answer = await ada.fetch('/bff/session');
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable']);
    expect(answer.json()).toEqual({
      type: 'about:blank',
      status: 503,
      code: 'store_unavailable',
      title: 'Sessions cannot be read at the moment.',
      request_id: expect.any(String),
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    run.dynamodb.faults.reset();
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
  });

  test('health is unaffected: it touches no table and no key', async () => {
    cut();
    run.kms.faults.fault = disabled;
    const { result: answer, ...asked } = await run.asked(() => someone().send('/bff/health'));
    expect([answer.status, answer.json(), asked.reads, asked.keys]).toEqual([
      200,
      { status: 'ok' },
      0,
      0,
    ]);
  });
});

describe('without KMS', () => {
  test.each([
    ['disabled', disabled],
    ['throttled', throttled],
  ])(
    '%s, a callback signs nobody in: no token request leaves without its proof',
    async (_name, fault) => {
      const ada = someone();
      const url = await untilCallback(ada);
      const calls = run.okta.events.list().length;
      run.kms.faults.fault = fault;
      const answer = await callback(ada, url);
      expect(queryOf(answer).get('login_error')).toBe('login_failed');
      expect(ada.cookie(sessionName)).toBeUndefined();
      expect(run.okta.events.list().length).toBe(calls);
    },
  );

  test('a sign-in that has to be pushed is a page with 503 and a time to come back', async () => {
    const ada = someone();
    run.kms.faults.fault = disabled;
    const page = await ada.navigate('/bff/login');
    isPage(page, 503);
    expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('a program gets a problem with signer_unavailable instead', async () => {
    run.kms.faults.fault = disabled;
    const answer = await someone().send('/bff/login');
    expect([answer.status, codeOf(answer)]).toEqual([503, 'signer_unavailable']);
  });
});

describe('with an authorization server', () => {
  test.each(['server_error', 'unavailable', 'invalid_request', 'drop_before'])(
    'that fails on the pushed request (%s), a sign-in ends on a page and never goes on without it',
    async (fault) => {
      run.okta.faults.set('par', fault);
      const ada = someone();
      const page = await ada.navigate('/bff/login');
      isPage(page, 502);
      expect(page.url.pathname).toBe('/bff/login');
    },
  );

  test.each([
    'server_error',
    'rate_limited',
    'not_json',
    'drop_before',
    'nonce_always',
    'nonce_missing',
    'bearer',
  ])(
    'that gives no tokens (%s), nobody is signed in, and it is asked at most twice',
    async (fault) => {
      const ada = someone();
      const url = await untilCallback(ada);
      run.okta.faults.set('token', fault);
      const before = tokenCalls();
      const answer = await callback(ada, url);
      expect(queryOf(answer).get('login_error')).toBe(
        fault === 'nonce_always' || fault === 'nonce_missing' ? 'use_dpop_nonce' : 'login_failed',
      );
      expect(ada.cookie(sessionName)).toBeUndefined();
      expect(tokenCalls() - before).toBeLessThanOrEqual(2);
    },
  );

  describe.each([
    'wrong_issuer',
    'foreign_endpoint',
    'http_endpoint',
    'other_dpop_algs',
    'not_json',
    'unavailable',
  ])('whose metadata are unusable (%s)', (fault) => {
    beforeAll(() => run.system.redeploy({}));
    test('a sign-in ends on a page that says no more, and the next one asks again', async () => {
      run.okta.faults.set('metadata', fault);
      const { result: page, writes } = await run.asked(() => someone().navigate('/bff/login'));
      isPage(page, 502);
      expect(writes).toBe(0);
      run.okta.faults.clear();
      expect((await begin(someone())).origin).toBe(run.okta.issuer);
    });
  });
  afterAll(() => run.okta?.faults.clear());

  test('whose keys cannot be fetched, nobody is signed in', async () => {
    await run.system.redeploy({});
    const ada = someone();
    const began = await begin(ada);
    run.okta.faults.set('keys', 'unavailable');
    const url = await signInThere(ada, began);
    expect(queryOf(await callback(ada, url)).get('login_error')).toBe('login_failed');
    expect(ada.cookie(sessionName)).toBeUndefined();
  });
});

test('while the server’s keys cannot be fetched, a Universal Logout token is neither believed nor used up', async () => {
  await run.system.redeploy({});
  const ada = await signedIn();
  const url = `${run.system.url}/bff/global-token-revocation`;
  const { clientId } = run.system.config;
  const { bearer, body } = await logoutRequest(run.okta.servers.org, {
    url,
    clientId,
    user: 'ada',
  });
  const ask = {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  run.okta.faults.set('keys', 'unavailable');
  const answer = await someone().send(url, ask);
  expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable']);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  run.okta.faults.clear();
  expect((await someone().send(url, ask)).status).toBe(204);
  expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
});

describe('the nonce challenge', () => {
  test('costs a cold environment one more call, and a warm one none', async () => {
    await run.system.redeploy({});
    const calls = async () => {
      const from = run.okta.events.list().at(-1)?.id ?? 0;
      await signedIn();
      return run.okta.events
        .list()
        .filter(({ id, kind }) => id > from && kind === 'token')
        .map(({ status }) => status);
    };
    expect(await calls()).toEqual([400, 200]);
    expect(await calls()).toEqual([200]);
  });
});
