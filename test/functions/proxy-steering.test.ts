// One upstream never leads the browser, or a client that follows links, to the route of another.
import { describe, expect, test } from 'vitest';
import { serve } from '../support/loopback.ts';
import { type Answer, proxyWorld, type Upstream } from '../support/proxying.ts';

/** Two upstreams: `partner`, which answers as a test wants, and Okta's API on another port of the same host. */
async function twoUpstreams(streamed: boolean, answer: Upstream, rewriteLinks = false) {
  const other: string[] = [];
  const second = await serve((request, response) => {
    other.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  const world = await proxyWorld({
    streamed,
    upstream: answer,
    routes: (partner) => [
      {
        path: '/bff/api/partner/*',
        upstream: `${partner}/p`,
        methods: ['GET', 'POST'],
        token: 'none',
        stream: streamed,
        rewriteLinks,
      },
      {
        path: '/bff/api/other/*',
        upstream: `${second.origin}/api/v1`,
        methods: ['GET', 'POST'],
        stream: streamed,
      },
    ],
  });
  return { ...world, second: second.origin, other };
}

const redirects = [300, 301, 302, 303, 304, 305, 306, 307, 308];
const repeatsTheRequest = (status: number) => status === 307 || status === 308;

/** Absolute, so that only the route's own rule decides. */
const elsewhere: [what: string, target: (origins: { own: string; second: string }) => string][] = [
  ['another upstream', ({ second }) => `${second}/api/v1/users/1/lifecycle/suspend`],
  ['another route of the same upstream', ({ own }) => `${own}/api/v1/users/1/lifecycle/suspend`],
  ['a path of the broker', () => '/bff/api/other/users'],
  ['a stranger', () => 'https://evil.example/p/x'],
  ['a path that looks like its own', ({ second }) => `${second}/p/x`],
];

describe.each([false, true])('on the front that streams: %s', (streamed) => {
  test.each(elsewhere)('no redirect leads to %s', async (_what, target) => {
    let location = '';
    let status = 302;
    const world = await twoUpstreams(streamed, (_one, response) => {
      response.writeHead(status, { location }).end('moved');
    });
    location = target({ own: world.upstream, second: world.second });
    const ada = await world.signIn();
    for (status of redirects) {
      for (const method of ['GET', 'POST']) {
        const answer: Answer = await world.call(ada, '/bff/api/partner/hello', { method });
        expect(answer.headers.location, `${status} ${method}`).toBeUndefined();
        if (repeatsTheRequest(status)) {
          expect([answer.status, answer.code]).toEqual([502, 'upstream_unreachable']);
        } else {
          expect([answer.status, answer.code]).toEqual([status, undefined]);
        }
      }
    }
    expect(world.other).toEqual([]);
    expect(world.counted.signatures).toBe(0);
  });

  test('a redirect within the route passes, whatever its status', async () => {
    let status = 302;
    const world = await twoUpstreams(streamed, (_one, response) => {
      response.writeHead(status, { location: '/p/next?after=a+b%3D' }).end();
    });
    const ada = await world.signIn();
    for (status of redirects) {
      const answer = await world.call(ada, '/bff/api/partner/hello', { method: 'POST' });
      expect([answer.status, answer.headers.location]).toEqual([
        status,
        '/bff/api/partner/next?after=a+b%3D',
      ]);
    }
  });

  test('a 307 without a target is not a redirect, and passes', async () => {
    const world = await twoUpstreams(streamed, (_one, response) => {
      response.writeHead(307).end('what now');
    });
    const answer = await world.call(await world.signIn(), '/bff/api/partner/hello');
    expect([answer.status, answer.text]).toEqual([307, 'what now']);
  });

  test('what was created may be under another route of the same origin, and of no other', async () => {
    let location = '';
    let status = 201;
    const world = await twoUpstreams(streamed, (_one, response) => {
      response.writeHead(status, { location }).end();
    });
    const ada = await world.signIn();
    const created = async () =>
      (await world.call(ada, '/bff/api/partner/hello', { method: 'POST' })).headers.location;
    for (status of [201, 202]) {
      location = '/p/things/1';
      expect(await created()).toBe('/bff/api/partner/things/1');
      location = '/api/v1/things/1';
      expect(await created()).toBe('/bff/api/v1/things/1');
      location = `${world.second}/api/v1/things/1`;
      expect(await created()).toBeUndefined();
    }
    status = 200;
    location = '/api/v1/things/1';
    expect(await created()).toBeUndefined();
  });

  test('a link leads into the route that was used, or nowhere', async () => {
    let link: string[] = [];
    const world = await twoUpstreams(streamed, (_one, response) => {
      response.writeHead(200, { link }).end('[]');
    });
    const ada = await world.signIn();
    const passed = async () => (await world.call(ada, '/bff/api/partner/hello')).headers.link;
    link = ['</p/hello?page=2>; rel="next"'];
    expect(await passed()).toBe('</bff/api/partner/hello?page=2>; rel="next"');
    for (const target of [`${world.second}/api/v1/users`, '/api/v1/users']) {
      link = [`<${target}>; rel="next"`, `<${target}>; rel=next, </p/x>; rel=self`];
      expect(await passed()).toBe('</bff/api/partner/x>; rel=self');
    }
  });
});

test('a link in a JSON body leads into the route that was used, or stays what it is', async () => {
  const world = await twoUpstreams(
    false,
    ({ headers }, response) => {
      const own = `http://${headers.host}`;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify([`${own}/p/1`, `${own}/api/v1/1`, `${world.second}/api/v1/1`]));
    },
    true,
  );
  const answer = await world.call(await world.signIn(), '/bff/api/partner/hello');
  expect(JSON.parse(answer.text)).toEqual([
    '/bff/api/partner/1',
    `${world.upstream}/api/v1/1`,
    `${world.second}/api/v1/1`,
  ]);
});

test('a link that browsers follow by themselves is left out', async () => {
  const rels = ['preload', 'PRECONNECT', '"next dns-prefetch"', 'modulepreload', '"prefetch"'];
  const more = ['prerender', 'stylesheet', 'compression-dictionary', '"icon"', 'manifest'];
  const world = await twoUpstreams(false, (_one, response) => {
    const link = [...rels, ...more].map((rel) => `</p/x>; as=fetch; rel = ${rel}`);
    response.writeHead(200, { link: [...link, '</p/y>; rel="self"'] }).end('[]');
  });
  const answer = await world.call(await world.signIn(), '/bff/api/partner/hello');
  expect(answer.headers.link).toBe('</bff/api/partner/y>; rel="self"');
});
