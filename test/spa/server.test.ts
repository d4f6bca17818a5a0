// A server that renders pages, behind the same origin as the broker. All is real but the framework: the gateway passes
// the browser's request on to this server, which asks the broker.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createServerBff, type Incoming, type ServerBff } from '#spa/client/server/index.ts';
import { serve } from '#test/support/loopback.ts';
import { nothing, running, sessionName } from '#test/support/running.ts';

type Page = (request: IncomingMessage) => Promise<unknown>;

let page: Page;
const server = createServer((request, response) => {
  page(request).then(
    (value) => response.end(JSON.stringify(value ?? null)),
    ({ code, status }) => response.end(JSON.stringify({ code, status })),
  );
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

const run = running({ spa: { url: `http://127.0.0.1:${port}`, withCookie: true } });

let bffFor: (incoming: Incoming) => ServerBff;
beforeAll(() => {
  bffFor = createServerBff({ origin: run.system.url });
});
afterAll(() => void server.close());
beforeEach(() => {
  page = async (request) => (await bffFor(request).session()) as unknown;
});

const users = '/bff/api/v1/users?limit=1';

describe('a page that a person opens', () => {
  test('knows who is signed in, and calls APIs as the user', async () => {
    const ada = await run.signedIn('ada');
    expect((await ada.navigate('/')).json()).toMatchObject({
      authenticated: true,
      user: { name: 'Ada Lovelace' },
    });
    page = (request) => bffFor(request).json(users);
    expect((await ada.navigate('/users')).json()).toMatchObject([{ profile: {} }]);
  });

  test('belongs to nobody without a session, and costs the broker nothing', async () => {
    const { result, ...asked } = await run.asked(() => run.someone().navigate('/'));
    expect(result.json()).toEqual({ authenticated: false });
    expect(asked).toEqual(nothing);
    page = (request) => bffFor(request).json(users);
    expect((await run.someone().navigate('/')).json()).toEqual({
      code: 'not_signed_in',
      status: 401,
    });
  });

  test('shows each user what is theirs, whoever asked before', async () => {
    const [ada, grace] = [await run.signedIn('ada'), await run.signedIn('grace')];
    page = async (request) => {
      const session = await bffFor(request).session();
      return session.authenticated && session.user.email;
    };
    const answers = await Promise.all([ada, grace, ada].map((visit) => visit.navigate('/')));
    expect(answers.map((answer) => answer.json())).toEqual([
      'ada@example.com',
      'grace@example.com',
      'ada@example.com',
    ]);
  });

  test('leads to a sign-in that comes back to it', async () => {
    page = async (request) => bffFor(request).loginUrl();
    expect((await run.someone().navigate('/users?page=2')).json()).toBe(
      `${run.system.url}/bff/login?return_to=%2Fusers%3Fpage%3D2`,
    );
  });
});

describe('a page that another site led to', () => {
  const arrival = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };
  const open = (headers: Record<string, string>, path = '/users?a=1&b=%22') =>
    run.someone().send(path, { headers });
  beforeEach(() => {
    page = async (request) => {
      const answer = bffFor(request).reload();
      return answer && [...answer.headers];
    };
  });

  test('is loaded once more, because the browser has withheld the cookie', async () => {
    expect((await open(arrival)).json()).toEqual([
      ['cache-control', 'no-store'],
      ['refresh', `0; url=${run.system.url}/users?a=1&b=%22`],
    ]);
    expect((await open({ ...arrival, 'sec-fetch-site': 'same-origin' })).json()).toBeNull();
    expect((await open({})).json()).toBeNull();
  });

  test('is loaded once more in Firefox, which calls it typed when the other site sends no referrer', async () => {
    const typed = { ...arrival, 'sec-fetch-site': 'none' };
    const userAgent = (name: string) => ({ 'user-agent': `Mozilla/5.0 (X11; rv:140.0) ${name}` });
    const firefox = { ...typed, ...userAgent('Gecko/20100101 Firefox/140.0') };
    expect((await open(firefox)).json()).not.toBeNull();
    expect((await open({ ...firefox, 'sec-fetch-site': 'same-origin' })).json()).toBeNull();
    expect((await open({ ...typed, ...userAgent('Chrome/140.0.0.0') })).json()).toBeNull();
    expect((await open(typed)).json()).toBeNull();
  });

  test('is loaded from this origin, whatever its path looks like', async () => {
    const at = createServerBff({ origin: 'https://app.example' });
    for (const path of [
      '//evil.example/',
      '/.//evil.example',
      '/;url=//evil.example',
      'https://evil.example/',
      // What follows the scheme of such an address would lengthen the name of our host.
      'x:.evil.example/',
      'x:@evil.example/',
      '.evil.example/',
      '@evil.example/',
      'javascript:alert(1)',
      // Not an address at all.
      '//[',
      'https://[',
      '*',
      '',
    ]) {
      const bff = at({ headers: arrival, url: path });
      const [, target] = /^0; url=(.*)$/.exec(bff.reload()?.headers.get('refresh') ?? '') ?? [];
      expect([path, new URL(target ?? '').origin]).toEqual([path, 'https://app.example']);
      expect([path, new URL(bff.loginUrl()).origin]).toEqual([path, 'https://app.example']);
    }
  });

  test('is not loaded again when the cookie is there', async () => {
    const ada = await run.signedIn();
    expect((await ada.send('/', { headers: arrival })).json()).toBeNull();
  });

  test.each([
    ['a frame', { 'sec-fetch-dest': 'iframe' }],
    ['a fetch', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a form', { origin: 'http://localhost:1' }],
  ])('is not loaded again for %s', (_what, headers) => {
    expect(bffFor({ headers: { ...arrival, ...headers } }).reload()).toBeUndefined();
    expect(bffFor({ headers: arrival, method: 'POST' }).reload()).toBeUndefined();
  });

  test('names why the sign-in failed that led back to it', () => {
    expect(bffFor({ headers: {}, url: '/?login_error=access_denied' }).loginError).toBe(
      'access_denied',
    );
    expect(bffFor({ headers: {} }).loginError).toBeUndefined();
    expect(bffFor({ headers: {}, url: '/?login_error=Call+us' }).loginError).toBeUndefined();
  });
});

describe('a request that another site made', () => {
  const foreign = {
    'an image or a script': { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    'a frame': { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    'a fetch': { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    'a form': {
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      origin: 'http://localhost:1',
    },
  };

  test.each(
    Object.entries(foreign).flatMap(([what, headers]) =>
      ['same-site', 'cross-site'].map((site) => ({ what, site, headers })),
    ),
  )('uses no session: $what, $site', async ({ site, headers }) => {
    const ada = await run.signedIn();
    for (const ask of [
      (bff: ServerBff) => bff.session() as Promise<unknown>,
      (bff: ServerBff) => bff.json(users),
    ]) {
      page = (request) => ask(bffFor(request));
      const { result, ...asked } = await run.asked(() =>
        ada.send('/', { headers: { 'sec-fetch-site': site, ...headers } }),
      );
      expect(result.json()).toEqual({ code: 'csrf', status: 403 });
      expect(asked).toEqual(nothing);
    }
  });

  test('that posts, in a browser without Fetch Metadata, uses no session', async () => {
    const ada = await run.signedIn();
    page = (request) => bffFor(request).json(users);
    const post = (origin: string) => ada.send('/', { method: 'POST', headers: { origin } });
    expect((await post('http://localhost:1')).json()).toEqual({ code: 'csrf', status: 403 });
    expect((await post('null')).json()).toEqual({ code: 'csrf', status: 403 });
    expect((await post(run.system.url)).json()).toHaveLength(1);
  });

  test('that opens a page by a link can read, and change nothing', async () => {
    const ada = await run.signedIn();
    const link = {
      headers: {
        'sec-fetch-site': 'same-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
    };
    expect((await ada.send('/', link)).json()).toMatchObject({ authenticated: true });
    page = (request) => bffFor(request).json('/bff/api/v1/users', { method: 'POST', body: '{}' });
    expect((await ada.send('/', link)).json()).toEqual({ code: 'csrf', status: 403 });
    // The broker itself answers a page of this app: its route is for reading.
    expect((await ada.navigate('/')).json()).toEqual({ code: 'method_not_allowed', status: 405 });
  });
});

describe('the cookie', () => {
  const recorder = async (
    answer: (path: string) => { status?: number; location?: string } = () => ({}),
  ) => {
    const seen: IncomingMessage['headers'][] = [];
    const { origin } = await serve((request, response) => {
      seen.push(request.headers);
      const { status = 200, location } = answer(request.url ?? '');
      response.writeHead(status, location ? { location } : {});
      response.end('{"authenticated":false}');
    });
    return { origin, seen };
  };
  const cookie = `theme=dark; ${sessionName}=abc; ${sessionName}-login-1=secret; sid=1`;

  test('is the only one that is passed on, with the header and the origin that the broker wants', async () => {
    const { origin, seen } = await recorder();
    await createServerBff({ origin })({ headers: { Cookie: cookie } }).session();
    expect(seen).toMatchObject([{ cookie: `${sessionName}=abc`, 'x-bff-csrf': '1', origin }]);
  });

  test('is read from a Request and from headers alone, too', async () => {
    const { origin, seen } = await recorder();
    const headers = new Headers({ cookie });
    await createServerBff({ origin })({ headers }).session();
    await createServerBff({ origin })(new Request('http://10.0.0.1/', { headers })).session();
    expect(seen.map((each) => each.cookie)).toEqual([`${sessionName}=abc`, `${sessionName}=abc`]);
  });

  test('of the same name twice is left to the broker, which refuses both', async () => {
    const twice = bffFor({ headers: { cookie: `${sessionName}=a; x=1; ${sessionName}=b` } });
    await expect(twice.session()).rejects.toMatchObject({ status: 400 });
  });

  test('goes to no other origin, whatever is called, mapped or answered', async () => {
    const elsewhere = await recorder();
    const { origin, seen } = await recorder(() => ({ status: 302, location: elsewhere.origin }));
    const headers = { cookie, host: new URL(elsewhere.origin).host };
    const bff = createServerBff({
      origin,
      upstreams: { 'https://acme.okta.com/api/v1': `${elsewhere.origin}/bff` },
    })({ headers, url: `${elsewhere.origin}/page` });
    await expect(bff.fetch(`${elsewhere.origin}/bff/api`)).rejects.toThrow(TypeError);
    await expect(bff.fetch('https://acme.okta.com/api/v1/users')).rejects.toThrow();
    expect((await bff.fetch('/bff/api/v1/users')).status).toBe(302);
    expect(bff.loginUrl()).toContain(`${origin}/bff/login`);
    expect(seen).toHaveLength(1);
    expect(elsewhere.seen).toEqual([]);
  });

  test('of the caller’s own headers does not replace the browser’s', async () => {
    const { origin, seen } = await recorder();
    const bff = createServerBff({ origin })({ headers: { cookie } });
    await bff.fetch('/bff/api/x', { headers: { Cookie: 'sid=1', Origin: 'https://x.example' } });
    expect(seen).toMatchObject([{ cookie: `${sessionName}=abc`, origin }]);
  });
});

test('answers are never kept: they belong to one user', async () => {
  const caches: unknown[] = [];
  const bff = createServerBff({
    origin: 'https://app.example',
    fetch: async (_, init) => {
      caches.push(init?.cache);
      return Response.json({ authenticated: false });
    },
  })({ headers: { cookie: `${sessionName}=abc` } });
  await bff.session();
  await bff.json('/bff/api/v1/users', { cache: 'force-cache' });
  expect(caches).toEqual(['no-store', 'no-store']);
});

test.each([
  'http://app.example',
  'https://app.example/x',
  'app.example',
  '',
  'https://a:b@app.example',
])('an invalid or unsafe origin is refused at once: %s', (origin) => {
  expect(() => createServerBff({ origin })).toThrow('origin must be');
});
