import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  BffError,
  createBff,
  type ErrorCode,
  errorOf,
  type Options,
  type State,
} from '#spa/client/index.ts';
import type { ErrorCode as BrokerCode } from '../../shared/core/errors.ts';
import { type Broker, json, problem, startBroker } from './broker.ts';
import { openTab, type Tab, until } from './tab.ts';

let broker: Broker;
const stops: (() => void)[] = [];

beforeEach(async () => {
  broker = await startBroker();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  vi.useRealTimers();
  await broker[Symbol.asyncDispose]();
});

/** `before`: the page that the same tab showed before. */
function visit(path = '/', options: Options = {}, before?: Tab) {
  const tab = openTab(broker.origin + path, before?.window.sessionStorage);
  return { tab, bff: createBff({ window: tab.window, ...options }) };
}

function listen(bff: ReturnType<typeof createBff>) {
  const states: State[] = [];
  stops.push(bff.onChange((state) => states.push(state)));
  return states;
}

const refusal = async (promise: Promise<unknown>): Promise<BffError> => {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof BffError)) throw new Error('expected a BffError', { cause: error });
  return error;
};

describe('session', () => {
  test('tells who is signed in, in the words of the broker', async () => {
    broker.signIn({ user: { sub: '00u1', name: 'Ada Example' }, acr: 'urn:a', amr: ['pwd'] });
    const { bff } = visit();
    expect(await bff.session()).toMatchObject({
      authenticated: true,
      user: { sub: '00u1', name: 'Ada Example' },
      acr: 'urn:a',
      amr: ['pwd'],
    });
    expect(bff.state).toMatchObject({ kind: 'signed_in', session: { user: { sub: '00u1' } } });
  });

  test('is false for nobody, without going anywhere', async () => {
    const { bff, tab } = visit();
    expect(await bff.session()).toEqual({ authenticated: false });
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'not_signed_in' });
    expect(tab.went).toEqual([]);
  });

  test('asked for twice at once is one request', async () => {
    const { bff } = visit();
    await Promise.all([bff.session(), bff.session()]);
    expect(broker.to('/bff/session')).toHaveLength(1);
  });

  test('keeps what is known when the broker cannot be reached', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    await bff.session();
    tab.connect(false);
    expect((await refusal(bff.session())).code).toBe('offline');
    expect(bff.state.kind).toBe('signed_in');
  });

  test.each([
    ['a problem', 503, '{"code":"store_unavailable"}', 'store_unavailable'],
    ['a page', 502, '<h1>Bad gateway</h1>', 'upstream'],
    ['a page', 200, '<!doctype html><div id=app></div>', 'upstream'],
    ['other JSON', 200, '{}', 'upstream'],
  ])(
    'keeps what is known, in every tab, when %s with %i comes instead of an answer',
    async (what, status, body, code) => {
      broker.signIn();
      const { bff, tab } = visit();
      const other = visit();
      listen(other.bff);
      await until(other.bff, ({ kind }) => kind === 'signed_in');
      await bff.session();
      const { state } = bff;
      const headers = { ...(what === 'a problem' && { 'x-bff-answer': '1' }) };
      tab.window.fetch = async () => new Response(body, { status, headers });
      expect(await refusal(bff.session())).toMatchObject({ code, status });
      expect(bff.state).toBe(state);
      expect(other.bff.state.kind).toBe('signed_in');
    },
  );

  test('reports an answer that is not the broker’s on the console, once', async () => {
    const { bff, tab } = visit();
    tab.window.fetch = async () =>
      new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
    const { message } = await refusal(bff.session());
    expect(message).toContain('/bff/session answered text/html');
    expect(message).toContain(
      "is this page opened at the dev server's own port? Open http://localhost:3000",
    );
    expect(tab.said).toEqual([message]);
    expect(bff.state).toMatchObject({ kind: 'unknown', error: { code: 'upstream', message } });
    expect(await refusal(bff.session())).toMatchObject({ message });
    expect(tab.said).toEqual([message]);
  });

  test('measures its end by the clock of the server', async () => {
    const now = Math.floor(Date.now() / 1000);
    const ahead = 3_600;
    broker.signIn({ expires_at: now + ahead + 600, idle_expires_at: now + ahead + 600 });
    const { bff, tab } = visit();
    const plain = tab.window.fetch;
    tab.window.fetch = async (...request) => {
      const response = await plain(...request);
      const headers = new Headers(response.headers);
      headers.set('date', new Date((now + ahead) * 1000).toUTCString());
      return new Response(response.body, { status: response.status, headers });
    };
    await bff.session();
    expect(Math.round(((bff.state.endsAt ?? 0) - now * 1000) / 60_000)).toBe(10);
  });
});

describe('login', () => {
  test('comes back to this page', () => {
    const { bff, tab } = visit('/users?page=2#row');
    bff.login();
    expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fusers%3Fpage%3D2%23row`]);
  });

  test('passes every wish on under its protocol name', () => {
    const { bff } = visit();
    const url = new URL(
      bff.loginUrl({
        returnTo: '/profile',
        prompt: 'login',
        loginHint: 'ada@example.com',
        acrValues: ['urn:a', 'urn:b'],
        maxAge: 0,
        uiLocales: 'de',
        idp: '0oa1',
      }),
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      return_to: '/profile',
      prompt: 'login',
      login_hint: 'ada@example.com',
      acr_values: 'urn:a urn:b',
      max_age: '0',
      ui_locales: 'de',
      idp: '0oa1',
    });
  });

  test('leaves the error of the last attempt behind', () => {
    const { bff } = visit('/users?page=2&login_error=access_denied');
    expect(bff.loginError).toBe('access_denied');
    expect(new URL(bff.loginUrl()).searchParams.get('return_to')).toBe('/users?page=2');
  });

  test('reports no error that is not a code: anybody can write an address', () => {
    for (const text of ['Call%20us', '%3Cb%3E', '123', '']) {
      expect(visit(`/users?login_error=${text}`).bff.loginError).toBeUndefined();
    }
    expect(visit('/users?login_error=access_denied&a=b').bff.loginError).toBe('access_denied');
  });

  test('comes back to the address as it is written', () => {
    const { bff } = visit('/users?a&b=%20+c');
    expect(new URL(bff.loginUrl()).searchParams.get('return_to')).toBe('/users?a&b=%20+c');
  });

  test('does not come back to another origin', () => {
    const { bff } = visit();
    expect(() => bff.loginUrl({ returnTo: 'https://evil.example/' })).toThrow(TypeError);
    expect(() => bff.loginUrl({ returnTo: '//evil.example/' })).toThrow(TypeError);
    expect(() => bff.loginUrl({ returnTo: '/\\evil.example/' })).toThrow(TypeError);
  });
});

describe('logout', () => {
  test('is a form navigation, so that the authorization server ends its session too', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    await bff.session();
    await bff.logout();
    expect(tab.submitted).toEqual(['post /bff/logout']);
  });

  test('shows the user as signed in until the page has left, and lets nothing cancel the sign-out', async () => {
    broker.signIn();
    const onSignInNeeded = vi.fn();
    const { bff, tab } = visit('/', { onSignInNeeded, pollMs: 10 });
    const states = listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    await Promise.all([bff.logout(), bff.logout()]);
    bff.login();
    // The broker has ended the session, and the page is still on its way to the authorization server.
    broker.end();
    expect((await bff.fetch('/bff/api/v1/users')).status).toBe(401);
    await broker.asked('/bff/session', broker.to('/bff/session').length + 1);
    expect(await bff.session()).toEqual({ authenticated: false });
    await bff.logout();
    expect(tab.submitted).toEqual(['post /bff/logout']);
    expect(tab.went).toEqual([]);
    expect(onSignInNeeded).not.toHaveBeenCalled();
    expect(states.map(({ kind }) => kind)).toEqual(['signed_in']);
  });

  test('is the reason that the next page of the tab gives, until somebody signs in again', async () => {
    broker.signIn();
    const leaving = visit();
    await leaving.bff.logout();
    // A check that was on its way finds the session still there.
    expect(await leaving.bff.session()).toMatchObject({ authenticated: true });
    broker.end();
    leaving.tab.leave();
    const back = visit('/', {}, leaving.tab);
    await back.bff.session();
    expect(back.bff.state).toEqual({ kind: 'signed_out', why: 'logout' });
    broker.signIn();
    const again = visit('/', {}, leaving.tab);
    await again.bff.session();
    broker.end();
    await again.bff.session();
    expect(again.bff.state).toEqual({ kind: 'signed_out', why: 'expired' });
  });

  test('leaves the user signed in when the page comes back and the session still exists', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    await bff.logout();
    tab.leave();
    const asked = broker.to('/bff/session').length;
    tab.restore();
    await broker.asked('/bff/session', asked + 1);
    await bff.session();
    expect(bff.state.kind).toBe('signed_in');
    await bff.logout();
    expect(tab.submitted).toHaveLength(2);
  });

  test('asks what has become of the session when the page does not leave', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await bff.logout();
    broker.end();
    vi.advanceTimersByTime(9_999);
    bff.login();
    expect(tab.went).toEqual([]);
    vi.advanceTimersByTime(2);
    vi.useRealTimers();
    expect(await until(bff, ({ kind }) => kind === 'signed_out')).toMatchObject({ why: 'logout' });
    bff.login();
    expect(tab.went).toHaveLength(1);
  });

  test('rejects and signs nobody out when the broker cannot be reached', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    await bff.session();
    const plain = tab.window.fetch;
    tab.window.fetch = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await refusal(bff.logout())).code).toBe('network');
    expect(tab.submitted).toEqual([]);
    tab.window.fetch = plain;
    await bff.logout();
    expect(tab.submitted).toHaveLength(1);
  });

  test('works where the browser stores nothing', async () => {
    broker.signIn();
    const { tab } = visit();
    Object.defineProperty(tab.window, 'sessionStorage', {
      get() {
        throw new DOMException('Access is denied', 'SecurityError');
      },
    });
    const bff = createBff({ window: tab.window });
    await bff.session();
    await bff.logout({ onlyHere: true });
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'logout' });
  });

  test('only here stays on the page', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    await bff.logout({ onlyHere: true });
    expect(tab.submitted).toEqual([]);
    expect(broker.to('/bff/logout')).toMatchObject([{ method: 'POST' }]);
    expect(await bff.session()).toEqual({ authenticated: false });
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'logout' });
  });

  test('without a connection says so and signs nobody out', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    await bff.session();
    tab.connect(false);
    expect((await refusal(bff.logout())).code).toBe('offline');
    expect((await refusal(bff.logout({ onlyHere: true }))).code).toBe('offline');
    expect(bff.state.kind).toBe('signed_in');
    expect(tab.submitted).toEqual([]);
  });
});

describe('fetch', () => {
  test('adds the CSRF header and returns a plain Response, whatever its status', async () => {
    broker.signIn();
    broker.serve((_, response) => json(response, 404, { errorCode: 'E0000007' }));
    const { bff } = visit();
    const response = await bff.fetch('/bff/api/v1/users/none', { headers: { 'If-Match': '"1"' } });
    expect(response).toBeInstanceOf(Response);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ errorCode: 'E0000007' });
    expect(broker.requests[0]?.headers).toMatchObject({ 'x-bff-csrf': '1', 'if-match': '"1"' });
  });

  test('turns absolute addresses of an upstream into paths of the broker', async () => {
    broker.signIn();
    const { bff } = visit('/', { upstreams: { 'https://acme.okta.com/api/v1': '/bff/api/v1' } });
    await bff.fetch('https://acme.okta.com/api/v1/users?limit=2&after=a%2Cb');
    await bff.fetch(new URL('https://acme.okta.com/api/v1/apps'));
    expect(broker.requests.map(({ url }) => url)).toEqual([
      '/bff/api/v1/users?limit=2&after=a%2Cb',
      '/bff/api/v1/apps',
    ]);
  });

  test.each([
    ['https://acme.okta.com/api/v1', '/bff/api/v1'],
    ['https://acme.okta.com/api/v1/', '/bff/api/v1/'],
    ['https://acme.okta.com/api/v1?limit=1', '/bff/api/v1?limit=1'],
    ['/bff', '/bff'],
  ])('reaches the root of what it is given, too: %s', (url, path) => {
    const { bff } = visit('/', { upstreams: { 'https://acme.okta.com/api/v1/': '/bff/api/v1/' } });
    expect(bff.resolve(url)).toBe(broker.origin + path);
  });

  test.each([
    'https://evil.example/bff/api/v1/users',
    'https://acme.okta.com/api/v10/users',
    'https://acme.okta.com/api/v1/../../oauth2/v1/token',
    'https://acme.okta.com.evil.example/api/v1/users',
    '/bff/../admin',
    '/bffx',
    '/api/v1/users',
    '//evil.example/bff/api',
  ])('never goes to %s', async (url) => {
    broker.signIn();
    const { bff } = visit('/', { upstreams: { 'https://acme.okta.com/api/v1/': '/bff/api/v1/' } });
    expect(bff.resolve(url)).toBeUndefined();
    await expect(bff.fetch(url)).rejects.toThrow(
      new TypeError(`${url} is not behind the broker: use /bff/ or upstreams`),
    );
    expect(broker.requests).toEqual([]);
  });

  test('takes a Request with its method, headers and body', async () => {
    broker.signIn();
    const { bff } = visit('/', { upstreams: { 'https://acme.okta.com/api/v1': '/bff/api/v1' } });
    const request = new Request('https://acme.okta.com/api/v1/users', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"profile":{}}',
    });
    await bff.fetch(request);
    expect(broker.requests[0]).toMatchObject({
      method: 'POST',
      url: '/bff/api/v1/users',
      headers: { 'content-type': 'application/json', 'x-bff-csrf': '1' },
      body: '{"profile":{}}',
    });
  });

  test('gives up when no answer begins in time', async () => {
    broker.signIn();
    broker.serve(() => {});
    const { bff } = visit('/', { timeoutMs: 30 });
    const error = await refusal(bff.fetch('/bff/api/v1/users'));
    expect(error).toMatchObject({ code: 'timeout', status: 0 });
  });

  test('gives up after 35 seconds where nothing else was said', async () => {
    vi.useFakeTimers();
    const { bff, tab } = visit();
    tab.window.fetch = (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    let error: unknown;
    bff.fetch('/bff/api/v1/users').catch((cause) => {
      error = cause;
    });
    await vi.advanceTimersByTimeAsync(34_999);
    expect(error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(error).toMatchObject({ code: 'timeout' });
  });

  test('lets a body take longer than the limit on its beginning', async () => {
    broker.signIn();
    broker.serve((_, response) => {
      response.write('[1');
      setTimeout(() => response.end(']'), 1_300);
    });
    const { bff } = visit('/', { timeoutMs: 1_000 });
    expect(await bff.json('/bff/api/v1/users')).toEqual([1]);
  });

  test('stops with the reason of the signal it was given', async () => {
    broker.signIn();
    broker.serve(() => {});
    const { bff } = visit();
    const stop = new AbortController();
    const call = bff.fetch('/bff/api/v1/users', { signal: stop.signal });
    await broker.asked('/bff/api/v1/users', 1);
    stop.abort(new Error('left the page'));
    await expect(call).rejects.toThrow('left the page');
  });

  test('names a server that cannot be reached', async () => {
    const { bff } = visit();
    await broker[Symbol.asyncDispose]();
    expect((await refusal(bff.fetch('/bff/api/v1/users'))).code).toBe('network');
    broker = await startBroker();
  });
});

describe('json', () => {
  test('returns the body, and nothing for 204', async () => {
    broker.signIn();
    broker.serve(({ method }, response) =>
      method === 'DELETE' ? response.writeHead(204).end() : json(response, 200, { id: '00u1' }),
    );
    const { bff } = visit();
    expect(await bff.json('/bff/api/v1/users/me')).toEqual({ id: '00u1' });
    expect(await bff.json('/bff/api/v1/users/me', { method: 'DELETE' })).toBeUndefined();
  });

  test('rejects with the code, status and waiting time of a problem', async () => {
    broker.signIn();
    broker.serve((_, response) =>
      problem(response, 'signer_unavailable', {}, { 'retry-after': '2' }),
    );
    const { bff } = visit();
    expect(await refusal(bff.json('/bff/api/v1/users'))).toMatchObject({
      code: 'signer_unavailable',
      status: 503,
      retryAfter: 2,
      message: `Requests cannot be signed at the moment. (GET ${broker.origin}/bff/api/v1/users)`,
      body: { request_id: 'r1' },
    });
  });

  test('rejects with the body of an API that refuses', async () => {
    broker.signIn();
    const body = { errorCode: 'E0000006', errorSummary: 'You do not have permission.' };
    broker.serve((_, response) => json(response, 403, body));
    const { bff } = visit();
    expect(await refusal(bff.json('/bff/api/v1/users'))).toMatchObject({
      code: 'upstream',
      status: 403,
      body,
    });
  });

  test.each([
    ['POST', {}, 'HTTP 404'],
    ['DELETE', { errorSummary: 'Not found: none (User)' }, 'Not found: none (User)'],
  ])('names the %s that an API refused, and the summary of Okta', async (method, body, says) => {
    broker.signIn();
    broker.serve((_, response) => json(response, 404, body));
    const { bff } = visit();
    const named = `${says} (${method} ${broker.origin}/bff/api/v1/users/none)`;
    const url = '/bff/api/v1/users/none?search=ada';
    expect((await refusal(bff.json(url, { method }))).message).toBe(named);
    const request = new Request(broker.origin + url, { method });
    expect((await refusal(bff.json(request))).message).toBe(named);
  });

  test('rejects an error page that is not JSON at all', async () => {
    broker.signIn();
    broker.serve((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    const { bff } = visit();
    expect(await refusal(bff.json('/bff/api/v1/users'))).toMatchObject({
      code: 'upstream',
      status: 502,
    });
  });
});

describe('paginate', () => {
  test('walks the pages by nothing but their Link headers', async () => {
    broker.signIn();
    const links: Record<string, string[]> = {
      '/bff/api/v1/users?limit=1': [
        '</bff/api/v1/users?limit=1>; rel="self"',
        '</bff/api/v1/users?after=a,b&limit=1>; title="x, y"; rel="prefetch next"',
      ],
      '/bff/api/v1/users?after=a,b&limit=1': [
        `<${broker.origin}/bff/api/v1/users?after=c>; rel=next`,
      ],
      '/bff/api/v1/users?after=c': ['</bff/api/v1/users?after=c>; rel="self"'],
    };
    broker.serve(({ url }, response) => json(response, 200, [url], { link: links[url] ?? [] }));
    const { bff } = visit();
    const items: string[] = [];
    const more: boolean[] = [];
    for await (const page of bff.paginate<string>('/bff/api/v1/users?limit=1')) {
      items.push(...page.items);
      more.push(page.next !== undefined);
    }
    expect(items).toEqual(Object.keys(links));
    expect(more).toEqual([true, true, false]);
  });

  test('does not follow a link to somewhere else', async () => {
    broker.signIn();
    broker.serve((_, response) =>
      json(response, 200, [1], { link: '<https://evil.example/users>; rel="next"' }),
    );
    const { bff } = visit();
    const pages = [];
    for await (const page of bff.paginate('/bff/api/v1/users')) pages.push(page);
    expect(pages).toHaveLength(1);
    expect(pages[0]?.next).toBeUndefined();
  });

  test('rejects at the page that fails', async () => {
    broker.signIn();
    broker.serve(({ url }, response) =>
      url.endsWith('?2')
        ? problem(response, 'upstream_timeout')
        : json(response, 200, [], { link: '<?2>; rel="next"' }),
    );
    const { bff } = visit();
    const pages = bff.paginate('/bff/api/v1/users');
    expect((await pages.next()).done).toBe(false);
    expect((await refusal(pages.next())).code).toBe('upstream_timeout');
  });
});

describe('the sign-in policy', () => {
  test('sends the page to sign in when the session is over, once for many calls', async () => {
    const { bff, tab } = visit('/users');
    const responses = await Promise.all([
      bff.fetch('/bff/api/v1/users'),
      bff.fetch('/bff/api/v1/apps'),
    ]);
    expect(responses.map(({ status }) => status)).toEqual([401, 401]);
    expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fusers`]);
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'not_signed_in' });
  });

  test('distinguishes an expired session from one that never existed', async () => {
    broker.signIn();
    const { bff } = visit();
    await bff.session();
    broker.serve((_, response) => problem(response, 'session_expired'));
    await bff.fetch('/bff/api/v1/users');
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'expired' });
  });

  const users = '/bff/api/v1/users';

  test('comes only after a second try when the device had not proved itself, with the same body and nothing to be seen', async () => {
    broker.signIn();
    const { bff, tab } = visit('/users');
    await bff.session();
    const { state } = bff;
    broker.serve((_, response) =>
      broker.to(users).length === 1
        ? problem(response, 'device_proof_required')
        : json(response, 200, []),
    );
    expect((await bff.fetch(users, { method: 'POST', body: 'once' })).status).toBe(200);
    expect(broker.to(users).map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'once'],
      ['POST', 'once'],
    ]);
    expect(bff.state).toBe(state);
    expect(tab.went).toEqual([]);
  });

  test('comes after the second try, and there is no third', async () => {
    broker.signIn();
    const { bff, tab } = visit('/users');
    await bff.session();
    broker.serve((_, response) => problem(response, 'device_proof_required'));
    expect((await bff.fetch(users)).status).toBe(401);
    expect(broker.to(users)).toHaveLength(2);
    expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fusers`]);
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'expired' });
  });

  test('comes at once for a stream without a proof, because it can be sent only once', async () => {
    broker.signIn();
    broker.serve((_, response) => problem(response, 'device_proof_required'));
    const { bff, tab } = visit('/users');
    const init = { method: 'POST', body: new Blob(['once']).stream(), duplex: 'half' };
    expect((await bff.fetch(users, init)).status).toBe(401);
    expect(broker.to(users)).toHaveLength(1);
    expect(tab.went).toHaveLength(1);
  });

  test('is not for an API that only uses the same word', async () => {
    broker.signIn();
    broker.serve((_, response) => json(response, 401, { code: 'device_proof_required' }));
    const { bff, tab } = visit('/users');
    await bff.fetch(users, { method: 'POST', body: 'once' });
    expect(broker.to(users)).toHaveLength(1);
    expect(tab.went).toEqual([]);
  });

  test('is left to the page when the session itself cannot be proved', async () => {
    broker.signIn();
    const { bff, tab } = visit('/users');
    await bff.session();
    const asked: string[] = [];
    tab.window.fetch = async (url) => {
      asked.push(String(url));
      const headers = { 'x-bff-answer': '1' };
      return new Response('{"code":"device_proof_required"}', { status: 401, headers });
    };
    expect(await bff.session()).toEqual({ authenticated: false });
    expect(asked).toEqual(['/bff/session', '/bff/session']);
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'expired' });
    expect(tab.went).toEqual([]);
  });

  test('takes the login_url of a step-up and adds the way back', async () => {
    broker.signIn();
    broker.serve((_, response) =>
      problem(response, 'step_up_required', {
        login_url: '/bff/login?acr_values=urn%3Aokta%3Aloa%3A2fa%3Aany&max_age=300',
      }),
    );
    const { bff, tab } = visit('/apps');
    await bff.session();
    const states = listen(bff);
    await bff.fetch('/bff/api/v1/apps');
    const url = `${broker.origin}/bff/login?acr_values=urn%3Aokta%3Aloa%3A2fa%3Aany&max_age=300&return_to=%2Fapps`;
    expect(tab.went).toEqual([url]);
    expect(states.at(-1)).toMatchObject({ kind: 'step_up', url, session: { user: {} } });
  });

  test('does not go in circles when signing in again has not satisfied the API', async () => {
    broker.signIn();
    broker.serve((_, response) => problem(response, 'step_up_required'));
    const { bff, tab } = visit('/apps');
    await bff.session();
    expect((await bff.fetch('/bff/api/v1/apps')).status).toBe(401);
    expect(tab.went).toEqual([]);
    expect(bff.state.kind).toBe('signed_in');
  });

  test('does not start again by itself after a sign-in that failed', async () => {
    const { bff, tab } = visit('/users?login_error=access_denied');
    await bff.fetch('/bff/api/v1/users');
    expect(tab.went).toEqual([]);
    expect(bff.state.kind).toBe('signed_out');
  });

  test('can be replaced', async () => {
    const onSignInNeeded = vi.fn();
    const { bff, tab } = visit('/users', { onSignInNeeded });
    await bff.fetch('/bff/api/v1/users');
    expect(tab.went).toEqual([]);
    expect(onSignInNeeded).toHaveBeenCalledWith({
      kind: 'sign_in',
      url: `${broker.origin}/bff/login?return_to=%2Fusers`,
      problem: expect.objectContaining({ code: 'not_signed_in' }),
    });
  });

  test('leaves the 401 of an API alone', async () => {
    broker.signIn();
    broker.serve((_, response) => json(response, 401, { errorCode: 'E0000011' }));
    const { bff, tab } = visit();
    await bff.session();
    expect((await bff.fetch('/bff/api/v1/users')).status).toBe(401);
    expect(tab.went).toEqual([]);
    expect(bff.state.kind).toBe('signed_in');
  });

  test.each([
    { code: 'session_expired' },
    { code: 'not_signed_in' },
    { code: 'step_up_required', login_url: '/bff/login?max_age=0' },
    { code: 'step_up_required', login_url: '/settings/delete-account?confirm=yes' },
  ])('takes no API’s word for the broker’s: $code, $login_url', async (body) => {
    broker.signIn();
    broker.serve((_, response) =>
      json(response, 401, body, { 'content-type': 'application/problem+json' }),
    );
    const { bff, tab } = visit('/apps');
    await bff.session();
    expect(await refusal(bff.json('/bff/api/v1/apps'))).toMatchObject({
      code: 'upstream',
      status: 401,
      message: `HTTP 401 (GET ${broker.origin}/bff/api/v1/apps)`,
      body,
    });
    expect(tab.went).toEqual([]);
    expect(bff.state.kind).toBe('signed_in');
  });

  test.each([
    '/settings/delete-account?confirm=yes',
    '/bff/loginx',
    '/bff/login/../logout',
    'https://evil.example/bff/login',
    'javascript:alert(1)',
  ])('begins a step-up at the broker’s login and nowhere else: %s', async (login_url) => {
    broker.signIn();
    broker.serve((_, response) => problem(response, 'step_up_required', { login_url }));
    const { bff, tab } = visit('/apps');
    await bff.session();
    expect((await bff.fetch('/bff/api/v1/apps')).status).toBe(401);
    expect(tab.went).toEqual([]);
    expect(bff.state.kind).toBe('signed_in');
  });

  test('serves other HTTP clients through report', async () => {
    const { bff, tab } = visit('/users');
    const response = await fetch(`${broker.origin}/bff/api/v1/users`, {
      headers: { 'x-bff-csrf': '1' },
    });
    bff.report(await errorOf(response));
    expect(tab.went).toHaveLength(1);
  });
});

describe('watching', () => {
  test('begins with the first listener and ends with the last', async () => {
    broker.signIn();
    const { bff } = visit('/', { pollMs: 10 });
    expect(broker.requests).toEqual([]);
    const stop = bff.onChange(() => {});
    await broker.asked('/bff/session', 3);
    stop();
    await bff.session();
    const asked = broker.requests.length;
    await delay(50);
    expect(broker.requests).toHaveLength(asked);
  });

  test('asks only for the session, which never prolongs it', async () => {
    broker.signIn();
    const { bff } = visit('/', { pollMs: 10 });
    listen(bff);
    await broker.asked('/bff/session', 4);
    expect(new Set(broker.requests.map(({ method, url }) => `${method} ${url}`))).toEqual(
      new Set(['GET /bff/session']),
    );
  });

  test('stops in a hidden tab and goes on when the tab is visible', async () => {
    broker.signIn();
    const { bff, tab } = visit('/', { pollMs: 10 });
    listen(bff);
    await broker.asked('/bff/session', 2);
    tab.hide(true);
    await bff.session();
    const asked = broker.requests.length;
    await delay(50);
    expect(broker.requests).toHaveLength(asked);
    broker.end();
    tab.hide(false);
    expect(await until(bff, ({ kind }) => kind === 'signed_out')).toMatchObject({ why: 'expired' });
  });

  test('stops without a connection and goes on with it', async () => {
    broker.signIn();
    const { bff, tab } = visit('/', { pollMs: 10 });
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    tab.connect(false);
    broker.end();
    await delay(50);
    expect(bff.state.kind).toBe('signed_in');
    tab.connect(true);
    await until(bff, ({ kind }) => kind === 'signed_out');
  });

  test('rests while nobody is signed in', async () => {
    const { bff } = visit('/', { pollMs: 10 });
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_out');
    await delay(50);
    expect(broker.requests).toHaveLength(1);
  });

  test('warns before the end, asking first whether it has moved', async () => {
    const now = Math.floor(Date.now() / 1000);
    broker.signIn({ idle_expires_at: now + 600 });
    const { bff } = visit('/', { warnMs: 599_000 });
    listen(bff);
    const state = await until(bff, ({ kind }) => kind === 'expiring');
    expect(state).toMatchObject({ kind: 'expiring', endsAt: (now + 600) * 1000 });
  });

  test('takes the warning back when a call has prolonged the session', async () => {
    const now = Math.floor(Date.now() / 1000);
    broker.signIn({ idle_expires_at: now + 60 });
    const { bff } = visit();
    listen(bff);
    await until(bff, ({ kind }) => kind === 'expiring');
    broker.signIn({ idle_expires_at: now + 1_800 });
    // A call at once after a question asks nothing: how the session stands is known.
    await bff.fetch('/bff/api/v1/users');
    expect(broker.to('/bff/session')).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 });
    await bff.fetch('/bff/api/v1/users');
    await until(bff, ({ kind }) => kind === 'signed_in');
    expect(broker.to('/bff/session')).toHaveLength(2);
  });

  test.each([
    ['nobody can be reached', 'online', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a page comes instead', 'focus', async () => new Response('<h1>No</h1>', { status: 502 })],
    ['a dev server answers', 'focus', async () => new Response('<!doctype html>')],
  ])(
    'asks its first question again soon, then less and less often, and at once on an event, while %s',
    async (_, event, fail) => {
      vi.useFakeTimers();
      const { bff, tab } = visit();
      const fetch = vi.fn<typeof globalThis.fetch>(fail);
      tab.window.fetch = fetch;
      listen(bff);
      const counts: number[] = [];
      for (const seconds of [0, 1, 2, 4, 8, 16, 32, 60, 60]) {
        await vi.advanceTimersByTimeAsync(seconds * 1_000);
        counts.push(fetch.mock.calls.length);
      }
      expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(bff.state.kind).toBe('unknown');
      expect(bff.state.error).toBeInstanceOf(BffError);

      const session = { authenticated: false };
      fetch.mockImplementation(async () => Response.json(session));
      await vi.advanceTimersByTimeAsync(10_000);
      if (event === 'online') {
        tab.connect(false);
        tab.connect(true);
      } else tab.focus();
      await vi.advanceTimersByTimeAsync(0);
      expect(bff.state).toEqual({ kind: 'signed_out', why: 'not_signed_in' });
    },
  );

  test('sends nobody away by itself', async () => {
    broker.signIn();
    const { bff, tab } = visit('/', { pollMs: 10 });
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    broker.end();
    await until(bff, ({ kind }) => kind === 'signed_out');
    expect(tab.went).toEqual([]);
  });

  test('checks again on a page that the back button brought back', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    broker.end();
    tab.restore();
    await until(bff, ({ kind }) => kind === 'signed_out');
  });

  test('lets a step-up question stand until it is answered or dropped', async () => {
    broker.signIn({ auth_time: 1 });
    broker.serve((_, response) =>
      problem(response, 'step_up_required', { login_url: '/bff/login' }),
    );
    const { bff } = visit('/', { pollMs: 10, onSignInNeeded: () => {} });
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    await bff.fetch('/bff/api/v1/apps');
    const asked = broker.to('/bff/session').length;
    await broker.asked('/bff/session', asked + 3);
    expect(bff.state.kind).toBe('step_up');
    await bff.session();
    expect(bff.state.kind).toBe('signed_in');
  });

  test('calls back once per change, with what was before', async () => {
    broker.signIn();
    const { bff } = visit('/', { pollMs: 10 });
    const steps: string[] = [];
    stops.push(bff.onChange((now, before) => steps.push(`${before.kind} > ${now.kind}`)));
    await broker.asked('/bff/session', 4);
    broker.end();
    await until(bff, ({ kind }) => kind === 'signed_out');
    expect(steps).toEqual(['unknown > signed_in', 'signed_in > signed_out']);
  });
});

describe('two tabs', () => {
  test('share one sign-in without a second request', async () => {
    const one = visit('/one');
    const two = visit('/two');
    listen(one.bff);
    listen(two.bff);
    await until(one.bff, ({ kind }) => kind === 'signed_out');
    await until(two.bff, ({ kind }) => kind === 'signed_out');
    broker.signIn();
    await one.bff.session();
    expect(await until(two.bff, ({ kind }) => kind === 'signed_in')).toEqual(one.bff.state);
    expect(broker.to('/bff/session')).toHaveLength(3);
  });

  test('share a sign-out, even from a tab that watches nothing', async () => {
    broker.signIn();
    const one = visit();
    const two = visit();
    listen(two.bff);
    await until(two.bff, ({ kind }) => kind === 'signed_in');
    await one.bff.logout({ onlyHere: true });
    expect(await until(two.bff, ({ kind }) => kind === 'signed_out')).toMatchObject({
      why: 'logout',
    });
  });

  test('hear of a sign-out once the page has left, and ask the broker whether it is true', async () => {
    broker.signIn();
    const one = visit();
    const two = visit();
    listen(two.bff);
    await until(two.bff, ({ kind }) => kind === 'signed_in');
    await one.bff.logout();
    const asked = broker.to('/bff/session').length;
    // The connection broke: only the browser's own error page came.
    one.tab.leave();
    await broker.asked('/bff/session', asked + 1);
    await two.bff.session();
    expect(two.bff.state.kind).toBe('signed_in');
    one.tab.restore();
    await one.bff.logout();
    expect(two.bff.state.kind).toBe('signed_in');
    broker.end();
    one.tab.leave();
    expect(await until(two.bff, ({ kind }) => kind === 'signed_out')).toMatchObject({
      why: 'logout',
    });
  });

  test.each(['not_signed_in', 'expired', 'logout'])(
    'ask once more rather than believe that a session is over: %s',
    async (why) => {
      broker.signIn();
      const one = visit();
      const two = visit();
      listen(one.bff);
      listen(two.bff);
      await until(one.bff, ({ kind }) => kind === 'signed_in');
      await until(two.bff, ({ kind }) => kind === 'signed_in');
      const asked = broker.to('/bff/session').length;
      // What the first tab hears is older than what the broker would say.
      const early = new one.tab.window.BroadcastChannel('bff /bff');
      early.postMessage({ kind: 'signed_out', why });
      early.close();
      await broker.asked('/bff/session', asked + 2);
      expect([one.bff.state.kind, two.bff.state.kind]).toEqual(['signed_in', 'signed_in']);
    },
  );

  test('an answer from before a sign-out does not bring the user back', async () => {
    broker.signIn();
    const { bff, tab } = visit();
    listen(bff);
    await until(bff, ({ kind }) => kind === 'signed_in');
    const plain = tab.window.fetch;
    let answered: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      answered = resolve;
    });
    tab.window.fetch = async (...request) => {
      const response = await plain(...request);
      if (`${request[0]}`.endsWith('/session')) await held;
      return response;
    };
    const slow = bff.session();
    await broker.asked('/bff/session', 2);
    await bff.logout({ onlyHere: true });
    answered();
    await slow;
    expect(bff.state).toEqual({ kind: 'signed_out', why: 'logout' });
  });
});

test('names the same error codes as the broker', () => {
  const same: [ErrorCode] extends [BrokerCode]
    ? [BrokerCode] extends [ErrorCode]
      ? true
      : false
    : false = true;
  expect(same).toBe(true);
});

test('without a browser it knows only paths, and no failed sign-in', () => {
  const bff = createBff();
  expect(bff.state).toEqual({ kind: 'unknown' });
  expect(bff.loginError).toBeUndefined();
  expect(bff.loginUrl()).toBe('/bff/login?return_to=%2F');
  expect(bff.loginUrl({ returnTo: '/users?page=2', prompt: 'login' })).toBe(
    '/bff/login?return_to=%2Fusers%3Fpage%3D2&prompt=login',
  );
  expect(() => bff.loginUrl({ returnTo: 'https://evil.example/' })).toThrow(TypeError);
  const elsewhere = createBff({ base: 'https://app.example/bff' });
  expect(elsewhere.loginUrl({ returnTo: '/users' })).toBe(
    'https://app.example/bff/login?return_to=%2Fusers',
  );
});
