import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginPrefix, queryOf, running, sessionName } from '#test/support/running.ts';
import {
  arrive,
  begin,
  callback,
  signInThere,
  untilCallback,
} from '#test/support/sign-in-steps.ts';
import type { Answer, Visitor } from '#test/support/visitor.ts';

const run = running();
const { someone } = run;

const tokenCalls = () => run.okta.events.list().filter(({ kind }) => kind === 'token').length;
const held = (visit: Visitor) => visit.cookieNames().filter((name) => name.startsWith(loginPrefix));

/** The dead end: a page, no session, and nobody was asked for tokens. */
async function isDeadEnd(what: () => Promise<Answer>) {
  const calls = tokenCalls();
  const page = await what();
  expect([page.status, page.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8']);
  expect(page.text).toContain('href="/bff/login"');
  expect(page.cookies).toEqual([]);
  expect(tokenCalls()).toBe(calls);
}

describe('a callback works once, and only where its sign-in began', () => {
  test('opened again by somebody who is signed in, it leads to the application and leaves the session alone', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    await callback(ada, url);
    const before = ada.cookie(sessionName);
    const calls = tokenCalls();
    const page = await ada.navigate(url.href);
    expect([page.status, page.headers['content-language']]).toEqual([400, 'en']);
    expect(page.text).toContain('You are already signed in');
    expect(page.text).toContain('<a class="button" href="/">');
    expect([ada.cookie(sessionName), page.cookies, tokenCalls()]).toEqual([before, [], calls]);
  });

  test('replayed, bookmarked, or reached by the back button, it is a dead end', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    expect((await callback(ada, url)).status).toBe(302);
    await isDeadEnd(() => callback(ada, url));
    await isDeadEnd(() => ada.navigate(url.href, { from: run.system.url }));
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
  });

  test('in a browser without the login cookie it is a dead end, and stays good for the other browser', async () => {
    const [ada, victim] = [someone(), someone()];
    const url = await untilCallback(ada);
    await isDeadEnd(() => callback(victim, url));
    expect((await callback(ada, url)).status).toBe(302);
  });

  test('with the login cookie of another sign-in it is a dead end, and stays good for its own', async () => {
    const [ada, victim] = [someone(), someone()];
    const url = await untilCallback(ada);
    await begin(victim);
    const [theirs] = held(victim);
    const [ours] = held(ada);
    victim.plant(ours ?? '', victim.cookie(theirs ?? '') ?? '');
    await isDeadEnd(() => callback(victim, url));
    expect((await callback(ada, url)).status).toBe(302);
  });

  test('with a code of somebody else it is refused by PKCE', async () => {
    const [ada, mallory] = [someone(), someone()];
    const url = await untilCallback(ada);
    const stolen = await untilCallback(mallory, undefined, { user: 'grace' });
    url.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expect(queryOf(await callback(ada, url)).get('login_error')).toBe('invalid_grant');
    expect(ada.cookie(sessionName)).toBeUndefined();
  });

  test('too late it is a dead end', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    const [waiting] = (await run.items('login#')).slice(-1);
    const now = Math.floor(Date.now() / 1000);
    for (const { pk, sk } of await run.items('login#')) {
      await run.table.send(
        new UpdateItemCommand({
          TableName: run.system.table,
          Key: { pk: pk ?? { S: '' }, sk: sk ?? { S: '' } },
          UpdateExpression: 'SET expiresAt = :now',
          ExpressionAttributeValues: { ':now': { N: String(now) } },
        }),
      );
    }
    // Ten minutes, and DynamoDB may clean up after them.
    const seconds = ({ N } = { N: '0' }) => Number(N);
    expect(seconds(waiting?.expiresAt as { N: string }) - now).toBeLessThanOrEqual(600);
    expect(waiting?.ttl).toEqual(waiting?.expiresAt);
    await isDeadEnd(() => callback(ada, url));
  });

  test.each([
    ['without a state', (url: URL) => url.searchParams.delete('state')],
    ['with an empty state', (url: URL) => url.searchParams.set('state', '')],
    ['with an unknown state', (url: URL) => url.searchParams.set('state', 'A'.repeat(43))],
    ['with two codes', (url: URL) => url.searchParams.append('code', 'another')],
    ['with the state twice', (url: URL) => url.searchParams.append('state', 'x')],
    ['with iss twice', (url: URL) => ['x', 'y'].map((v) => url.searchParams.append('iss', v))],
  ])('%s it is a dead end, and stays good as it was', async (_name, change) => {
    const ada = someone();
    const url = await untilCallback(ada);
    const changed = new URL(url);
    change(changed);
    await isDeadEnd(() => callback(ada, changed));
    expect((await callback(ada, url)).status).toBe(302);
  });

  test('twice at the same moment, it signs in once', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    const cookie = held(ada).map((name) => `${name}=${ada.cookie(name)}`);
    const calls = tokenCalls();
    const ask = { headers: { cookie: cookie.join('; ') } };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => someone().send(url.href, ask)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 400, 400, 400, 400, 400]);
    expect(tokenCalls() - calls).toBeLessThanOrEqual(2);
  });
});

describe('only a navigation is a callback', () => {
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  test.each([
    ['a fetch', 'GET', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['an iframe', 'GET', { ...navigation, 'sec-fetch-dest': 'iframe' }],
    ['a prefetch', 'GET', { ...navigation, 'sec-purpose': 'prefetch' }],
    ['HEAD', 'HEAD', {}],
    ['a form post of the server', 'POST', { ...navigation, 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused, and spends nothing', async (_name, method, headers) => {
    const ada = someone();
    const url = await untilCallback(ada);
    const {
      result: refused,
      writes,
      okta,
    } = await run.asked(() => ada.send(url.href, { method, headers }));
    expect([writes, okta]).toEqual([0, 0]);
    expect(refused.status).toBe(method === 'GET' ? 400 : 405);
    expect((await callback(ada, url)).status).toBe(302);
  });
});

describe('an iss parameter', () => {
  const withIss = async (iss: (issuer: string) => string, user?: string) => {
    const ada = someone();
    const url = await untilCallback(ada, '/bff/login?return_to=/a', { ...(user && { user }) });
    url.searchParams.set('iss', iss(run.okta.issuer));
    const calls = tokenCalls();
    const answer = await callback(ada, url);
    return { location: answer.headers.location, calls: tokenCalls() - calls };
  };

  test.each([
    ['with a trailing slash', (issuer: string) => `${issuer}/`],
    ['in another case', (issuer: string) => issuer.replace('http', 'HTTP')],
    ['of another server', () => 'https://evil.example'],
    ['of another server of the same org', (issuer: string) => `${issuer}/oauth2/default`],
    ['that is empty', () => ''],
  ])('%s is refused before any token request', async (_name, iss) => {
    expect(await withIss(iss)).toEqual({ location: '/a?login_error=login_failed', calls: 0 });
  });

  test('of another server is refused in an error response, too: its code is not repeated', async () => {
    expect(await withIss(() => 'https://evil.example', 'eve')).toEqual({
      location: '/a?login_error=login_failed',
      calls: 0,
    });
  });

  test('that is ours is accepted, even if the metadata do not announce it', async () => {
    expect((await withIss((issuer) => issuer)).location).toBe('/a');
  });

  describe('that the metadata announce', () => {
    beforeAll(async () => {
      run.okta.faults.clear();
      run.okta.settings.issParameter = true;
      await run.system.redeploy({});
    });
    afterAll(async () => {
      run.okta.settings.issParameter = false;
      await run.system.redeploy({});
    });

    test('is required', async () => {
      const ada = someone();
      const url = await untilCallback(ada);
      expect(url.searchParams.get('iss')).toBe(run.okta.issuer);
      url.searchParams.delete('iss');
      const calls = tokenCalls();
      expect(queryOf(await callback(ada, url)).get('login_error')).toBe('login_failed');
      expect(tokenCalls()).toBe(calls);
    });

    test('lets the sign-in through when it is present', async () => {
      const ada = someone();
      expect((await callback(ada, await untilCallback(ada))).headers.location).toBe('/');
    });
  });
});

describe('with profile fapi2', () => {
  beforeAll(async () => {
    Object.assign(run.okta.settings, { assertionAudience: 'issuer', idTokenAlg: 'ES256' });
    await run.system.redeploy({ profile: 'fapi2' });
  });
  afterAll(async () => {
    Object.assign(run.okta.settings, {
      assertionAudience: 'endpoint',
      issParameter: false,
      idTokenAlg: 'RS256',
    });
    await run.system.redeploy({});
  });

  test('a response without iss is refused, whatever the metadata say', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    const calls = tokenCalls();
    expect(queryOf(await callback(ada, url)).get('login_error')).toBe('login_failed');
    expect(tokenCalls()).toBe(calls);
  });

  test('a response with iss goes through', async () => {
    run.okta.settings.issParameter = true;
    const ada = someone();
    expect((await callback(ada, await untilCallback(ada))).headers.location).toBe('/');
  });

  test('an ID token signed with RS256 is refused, although the server announces it', async () => {
    Object.assign(run.okta.settings, { issParameter: true, idTokenAlg: 'RS256' });
    await run.system.redeploy({ profile: 'fapi2' });
    const ada = someone();
    const answer = await callback(ada, await untilCallback(ada));
    expect(queryOf(answer).get('login_error')).toBe('login_failed');
  });
});

describe('what the server says', () => {
  test('a registered error reaches the page as login_error, in the place where the sign-in began', async () => {
    const eve = someone();
    const url = await untilCallback(eve, '/bff/login?return_to=/a%3Fb%3D1%23c', { user: 'eve' });
    const answer = await callback(eve, url);
    expect(answer.headers.location).toBe('/a?b=1&login_error=access_denied#c');
    expect(held(eve)).toEqual([]);
    expect(eve.cookie(sessionName)).toBeUndefined();
  });

  test.each(['<script>alert(1)</script>', 'my_own_error', 'access_denied\n', '', 'ACCESS_DENIED'])(
    'an unregistered error (%j) becomes login_failed',
    async (error) => {
      const eve = someone();
      const url = await untilCallback(eve, undefined, { user: 'eve' });
      url.searchParams.set('error', error);
      expect((await callback(eve, url)).headers.location).toBe('/?login_error=login_failed');
    },
  );

  test('a hostile error_description appears nowhere', async () => {
    const ada = someone();
    const began = await begin(ada);
    run.okta.faults.set('authorize', 'hostile_error');
    const from = run.system.logs.length;
    const url = await signInThere(ada, began);
    expect(url.searchParams.get('error_description')).toContain('<script>');
    const answer = await callback(ada, url);
    expect(answer.headers.location).toBe('/?login_error=server_error');
    const shown = answer.text + JSON.stringify(answer.headers);
    const logs = run.system.logs.slice(from).map(({ line }) => line);
    for (const text of [shown, ...logs]) expect(text).not.toMatch(/script|evil|javascript/);
  });

  test('a code with an error beside it is an error', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    url.searchParams.set('error', 'access_denied');
    const calls = tokenCalls();
    expect(queryOf(await callback(ada, url)).get('login_error')).toBe('access_denied');
    expect(tokenCalls()).toBe(calls);
  });
});

describe('the answer', () => {
  test('is a 302 that leaks nothing, is never cached and cannot be framed', async () => {
    const ada = someone();
    const answer = await callback(ada, await untilCallback(ada, '/bff/login?return_to=/here'));
    expect([answer.status, answer.headers.location, answer.text]).toEqual([302, '/here', '']);
    expect(answer.headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      vary: 'Cookie',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
  });

  test('sets every attribute on every cookie, on every route', async () => {
    const ada = someone();
    const answers: Answer[] = [];
    const keep = async (answer: Promise<Answer>) => answers.push(await answer);
    await keep(ada.send('/bff/login'));
    const url = await untilCallback(ada);
    await keep(callback(ada, url));
    const eve = someone();
    await keep(callback(eve, await untilCallback(eve, undefined, { user: 'eve' })));
    await keep(ada.fetch('/bff/session'));
    await keep(ada.fetch('/bff/logout', { method: 'POST' }));
    ada.plant(sessionName, 'A'.repeat(43));
    await keep(ada.fetch('/bff/session'));
    await keep(ada.fetch('/bff/api/v1/users/me'));
    const cookies = answers.flatMap((answer) => answer.cookies);
    expect(cookies.length).toBeGreaterThan(8);
    for (const cookie of cookies) {
      const sameSite = /^__Host-Http-bff=/.test(cookie) ? 'Strict' : 'Lax';
      expect(cookie).toMatch(
        /^__Host-Http-bff[\w-]*=[\w.-]*; HttpOnly; Secure; SameSite=\w+; Path=\//,
      );
      expect(cookie).toContain(`SameSite=${sameSite}`);
      expect(cookie).not.toMatch(/domain|partitioned/i);
    }
  });

  test('sets the Strict cookie across sites, which is absent on the landing and present for the page', async () => {
    const ada = someone();
    const end = await arrive(ada, await untilCallback(ada));
    expect(end.url.search).toBe('');
    // The landing is of the app, which is static: nothing under /bff is asked for before the page's own fetch.
    expect(end.url.pathname).toBe('/');
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
  });

  test('comes only after the code was exchanged, once', async () => {
    const ada = someone();
    const url = await untilCallback(ada);
    const from = run.okta.events.list().at(-1)?.id ?? 0;
    expect((await callback(ada, url)).status).toBe(302);
    const exchanges = run.okta.events
      .list()
      .filter(({ id, kind, challenged }) => id > from && kind === 'token' && !challenged);
    expect(exchanges.map(({ grantType, status }) => [grantType, status])).toEqual([
      ['authorization_code', 200],
    ]);
  });

  test('replaces a planted cookie, which opens nothing before that either', async () => {
    const ada = someone();
    const planted = 'P'.repeat(43);
    ada.plant(sessionName, planted);
    await ada.signIn();
    expect(ada.cookie(sessionName)).not.toBe(planted);
    const mallory = someone();
    mallory.plant(sessionName, planted);
    expect((await mallory.fetch('/bff/session')).json()).toEqual({ authenticated: false });
  });

  test('has a new session id and ends the session that the browser had', async () => {
    const ada = await run.signedIn();
    const first = ada.cookie(sessionName) ?? '';
    const before = (await run.items('session#')).length;
    await ada.signIn('ada', { login: '/bff/login?prompt=login' });
    expect(ada.cookie(sessionName)).not.toBe(first);
    expect(await run.items('session#')).toHaveLength(before);
    const old = someone();
    old.plant(sessionName, first);
    expect((await old.fetch('/bff/session')).json()).toEqual({ authenticated: false });
  });
});
