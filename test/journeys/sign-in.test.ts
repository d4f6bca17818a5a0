import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elsewhere } from '#test/support/elsewhere.ts';
import { codeOf, loginPrefix, nothing, running, sessionName } from '#test/support/running.ts';
import { tokenLike } from '#test/support/secrets.ts';
import { arrive, begin, signInThere } from '#test/support/sign-in-steps.ts';
import type { Ask } from '#test/support/visitor.ts';

const run = running();
const { someone } = run;

describe('signing in', () => {
  test('ends where it began, with a session that shows the user and no token', async () => {
    const ada = someone();
    const end = await ada.signIn('ada', { login: '/bff/login?return_to=/users%3Fpage%3D2' });
    expect(end.url.href).toBe(`${run.system.url}/users?page=2`);
    const session = await ada.fetch('/bff/session');
    expect(session.json()).toMatchObject({
      authenticated: true,
      user: { name: 'Ada Lovelace', email: 'ada@example.com' },
      expires_at: expect.any(Number),
      idle_expires_at: expect.any(Number),
    });
    expect(session.text).not.toMatch(tokenLike);
    expect(ada.cookieNames().filter((name) => name.includes('login'))).toEqual([]);
  });

  test('in two tabs at once ends in each where it began', async () => {
    const ada = someone();
    const [first, second] = [
      await begin(ada, '/bff/login?return_to=/first'),
      await begin(ada, '/bff/login?return_to=/second'),
    ];
    const ends = [];
    for (const tab of [second, first]) ends.push(await arrive(ada, await signInThere(ada, tab)));
    expect(ends.map(({ url }) => url.pathname)).toEqual(['/second', '/first']);
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
    expect(ada.cookieNames().filter((name) => name.startsWith(loginPrefix))).toEqual([]);
  });

  test('in three tabs at once leaves one session in the table, the one that the browser has', async () => {
    const ada = someone();
    const before = (await run.items('session#')).length;
    const tabs = [await begin(ada), await begin(ada), await begin(ada)];
    const callbacks = [];
    for (const tab of tabs) callbacks.push(await signInThere(ada, tab));
    for (const url of callbacks) await arrive(ada, url);
    // The session and its nonces.
    expect(await run.items('session#')).toHaveLength(before + 2);
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
    expect(ada.cookieNames().filter((name) => name.startsWith(loginPrefix))).toEqual([]);
  });

  test.each([
    ['another word', 'x'],
    ['a long text', 'x'.repeat(3_000)],
    ['more than that', `${'A'.repeat(43)}.${'B'.repeat(43)}`],
    ['nothing', ''],
  ])(
    'a login cookie with %s in the place of a session ends none, and the sign-in goes on',
    async (_name, text) => {
      const ada = someone();
      const url = await signInThere(ada, await begin(ada));
      const [name = ''] = ada.cookieNames().filter((one) => one.startsWith(loginPrefix));
      ada.plant(name, `${ada.cookie(name)}.${text}`);
      const headers = { cookie: `${name}=${ada.cookie(name)}` };
      const answer = await someone().send(url.href, { headers });
      expect([answer.status, answer.headers.location]).toEqual([302, '/']);
    },
  );

  test('fifty times without finishing leaves five cookies, and the newest sign-in still succeeds', async () => {
    const ada = someone();
    let newest: URL | undefined;
    for (let i = 0; i < 50; i++) newest = await begin(ada, `/bff/login?return_to=/${i}`);
    const held = ada.cookieNames().filter((name) => name.startsWith(loginPrefix));
    expect(held).toHaveLength(5);
    const end = await arrive(ada, await signInThere(ada, newest as URL));
    expect(end.url.pathname).toBe('/49');
  });

  test('after leaving both the application and Okta makes Okta ask again', async () => {
    const ada = await run.signedIn();
    await ada.navigate('/bff/logout', { form: {} });
    const again = await ada.navigate('/bff/login');
    expect(again.url.origin).toBe(run.okta.issuer);
  });
});

describe('a request that is not a navigation of this application starts no sign-in', () => {
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  const notNavigations: [string, Ask][] = [
    [
      'a fetch',
      {
        headers: {
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'cors',
          'sec-fetch-dest': 'empty',
        },
      },
    ],
    ['a fetch that says no more than its mode', { headers: { 'sec-fetch-mode': 'cors' } }],
    [
      'an iframe',
      { headers: { ...navigation, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'iframe' } },
    ],
    [
      'an image',
      {
        headers: {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': 'no-cors',
          'sec-fetch-dest': 'image',
        },
      },
    ],
    [
      'a prefetch',
      { headers: { ...navigation, 'sec-fetch-site': 'same-origin', 'sec-purpose': 'prefetch' } },
    ],
    [
      'a prerender',
      {
        headers: { ...navigation, 'sec-fetch-site': 'none', 'sec-purpose': 'prefetch;prerender' },
      },
    ],
    ['an older prefetch', { headers: { purpose: 'prefetch' } }],
    [
      'an older prefetch of a page',
      { headers: { ...navigation, accept: 'text/html', purpose: 'prefetch' } },
    ],
    ['Firefox’s older prefetch', { headers: { 'x-moz': 'prefetch' } }],
    ['HEAD', { method: 'HEAD' }],
    ['a POST', { method: 'POST', body: 'return_to=/' }],
  ];

  test.each(notNavigations)('%s', async (_name, ask) => {
    const visit = someone();
    const { result: answer, ...asked } = await run.asked(() => visit.send('/bff/login', ask));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.cookies).toEqual([]);
    expect(asked).toEqual(nothing);
  });

  test.each(['cross-site', 'same-site'])(
    'a %s navigation gets a page with a button',
    async (site) => {
      const visit = someone();
      const ask = { headers: { ...navigation, 'sec-fetch-site': site } };
      const { result: page, ...asked } = await run.asked(() =>
        visit.send('/bff/login?return_to=/a%26b&login_hint=%22%3E%3Cscript%3E', ask),
      );
      expect([page.status, page.cookies, asked]).toEqual([200, [], nothing]);
      expect(page.text).not.toContain('<script');
      expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      const button = /<a class="button" href="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const location = await begin(visit, button.replaceAll('&#38;', '&'));
      expect(location.origin).toBe(run.okta.issuer);
    },
  );

  test('but a browser that sends no Fetch Metadata may start one', async () => {
    const { result: answer, writes } = await run.asked(() => someone().send('/bff/login'));
    expect([answer.status, writes]).toEqual([302, 1]);
    expect(answer.headers.location).toMatch(`${run.okta.issuer}/`);
  });
});

describe('with thirdPartyLogin', () => {
  beforeAll(() => run.system.redeploy({ thirdPartyLogin: true }));
  afterAll(() => run.system.redeploy({}));
  const fromOkta = (query: string) =>
    someone().navigate(`/bff/login?${query}`, { from: run.okta.issuer, until: () => true });

  test('a dashboard tile starts a sign-in, and names where it ends', async () => {
    const target = encodeURIComponent(`${run.system.url}/from-the-tile`);
    const visit = someone();
    const answer = await visit.navigate(
      `/bff/login?iss=${run.okta.issuer}&target_link_uri=${target}`,
      { from: run.okta.issuer },
    );
    const back = await signInThere(visit, answer.url);
    expect((await arrive(visit, back)).url.pathname).toBe('/from-the-tile');
  });

  test.each([
    ['another issuer', 'iss=https://evil.example', 'bad_request'],
    ['a target elsewhere', 'target_link_uri=https://evil.example/', 'bad_return_to'],
  ])('%s is refused and starts nothing', async (_name, query) => {
    const { result: page, ...asked } = await run.asked(() => fromOkta(query));
    expect([page.status, page.headers['content-type'], asked]).toEqual([
      400,
      'text/html; charset=utf-8',
      nothing,
    ]);
  });

  test('an iframe still starts nothing', async () => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'iframe',
    };
    const { result: answer, ...asked } = await run.asked(() =>
      someone().send('/bff/login', { headers }),
    );
    expect([answer.status, asked]).toEqual([400, nothing]);
  });
});

describe('a loop', () => {
  const tryIn = async (visit: ReturnType<typeof someone>, user: string) =>
    arrive(visit, await signInThere(visit, await begin(visit), { user }));

  test('of sign-ins that leave no session ends in a page, whose link starts anew', async () => {
    const visit = someone();
    for (let i = 0; i < 2; i++) {
      await tryIn(visit, 'ada');
      visit.forget(sessionName);
    }
    const { result: page, ...asked } = await run.asked(() =>
      visit.navigate('/bff/login?return_to=/a'),
    );
    expect([page.status, page.url.pathname, asked]).toEqual([400, '/bff/login', nothing]);
    expect(page.text).toContain('Signing in does not work');
    expect(page.text).toContain('blocking cookies');
    const link = /<a class="button" href="([^"]+)"/.exec(page.text)?.[1];
    expect(link).toBe('/bff/login?return_to=/a');
    expect((await begin(visit, link)).origin).toBe(run.okta.issuer);
  });

  test('of sign-ins that are refused ends in a page, too, which blames no cookies', async () => {
    const eve = someone();
    for (let i = 0; i < 2; i++) {
      const end = await tryIn(eve, 'eve');
      expect(end.url.search).toBe('?login_error=access_denied');
    }
    const { text } = await eve.navigate('/bff/login');
    expect(text).toContain('Signing in does not work');
    expect(text).toContain('the sign-in service refused');
    expect(text).not.toContain('cookies');
  });

  test('is not one where the sessions came back and somebody had ended them', async () => {
    const visit = someone();
    for (let i = 0; i < 3; i++) {
      await tryIn(visit, 'ada');
      const cookie = `${sessionName}=${visit.cookie(sessionName)}`;
      await someone().fetch('/bff/logout', { method: 'POST', headers: { cookie } });
      expect((await visit.fetch('/bff/session')).json()).toEqual({ authenticated: false });
    }
    expect((await begin(visit)).origin).toBe(run.okta.issuer);
  });

  test('is not one where the session came back in between', async () => {
    const visit = someone();
    for (let i = 0; i < 4; i++) {
      await tryIn(visit, 'ada');
      expect((await visit.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
      visit.forget(sessionName);
    }
    expect((await begin(visit)).origin).toBe(run.okta.issuer);
  });

  test('cannot hide behind a session cookie that opens nothing', async () => {
    const visit = someone();
    for (let i = 0; i < 2; i++) {
      await tryIn(visit, 'eve');
      visit.plant(sessionName, 'A'.repeat(43));
    }
    expect((await visit.navigate('/bff/login')).text).toContain('Signing in does not work');
  });
});

describe('return_to is checked before anything starts', () => {
  test.each(elsewhere)('%j', async (value) => {
    const query = new URLSearchParams({ return_to: value });
    const { result: answer, ...asked } = await run.asked(() =>
      someone().send(`/bff/login?${query}`),
    );
    expect([answer.status, codeOf(answer), asked]).toEqual([400, 'bad_return_to', nothing]);
  });
});
