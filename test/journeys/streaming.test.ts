// Streamed routes as a page sees them: gateway, function, session and upstream, with nothing left out.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startResourceServer } from '#infra/local/okta/index.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { event, reading, type Talk, talking } from '#test/support/streams.ts';
import { visitor } from '#test/support/visitor.ts';

type RouteInput = NonNullable<ConfigInput['routes']>[number];

let system: System;
let api: Awaited<ReturnType<typeof talking>>;
const talks: Record<string, Talk> = {};

const limits = { checkSeconds: 0.05 };

beforeAll(async () => {
  api = await talking(talks, afterAll);
  const config = { streaming: true, streams: limits, routes: routes() };
  system = await startSystem({ port: 0, oktaPort: 0, lambdaPort: 0, config });
});
afterAll(() => system?.close());

const routes = (route: Partial<RouteInput> = {}): RouteInput[] => [
  {
    path: '/bff/api/live/*',
    upstream: api.origin,
    wholeHost: true,
    stream: true,
    methods: ['GET', 'HEAD', 'POST'],
    ...route,
  },
  { path: '/bff/api/buffered/*', upstream: api.origin, wholeHost: true, stream: false },
];

/** For this test only. */
async function redeployed(changes: Partial<ConfigInput>) {
  onTestFinished(() => system.redeploy({}));
  await system.redeploy(changes);
}

/** Somebody signed in, before an API with these answers under /bff/api/live. */
async function live(answers: Record<string, Talk> = {}) {
  api.forget();
  Object.assign(talks, answers);
  const ada = visitor(system.url);
  await ada.signIn();
  return {
    ada,
    open: (path: string, more?: Parameters<typeof reading>[3]) =>
      reading(system.url, ada, `/bff/api/live${path}`, more),
  };
}

const sse = { 'content-type': 'text/event-stream' };

/** How streams ended, as the function's log says it. */
const ends = () =>
  system.logs
    .filter(({ function: name, line }) => name === 'stream' && line.includes('"why"'))
    .map(({ line }) => JSON.parse(line) as { why: string; bytes: number });

const ticking: Talk = ({ response }) => {
  response.writeHead(200, sse);
  response.write(event(1));
};

describe('events', () => {
  test('arrive while the stream goes on', async () => {
    const { open } = await live({ events: ticking });
    const stream = await open('/events');
    const { response } = await api.next();
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({ ...sse, 'cache-control': 'no-store' });
    await stream.until(event(1));
    expect(response.writableEnded).toBe(false);
    response.write(event(2));
    await stream.until(event(2));
    response.end(event(3));
    expect(await stream.end()).toEqual({ whole: true, text: [1, 2, 3].map(event).join('') });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'complete', bytes: 27 });
  });

  test('may take a while: the header does not wait for the first one', async () => {
    const { open } = await live({
      events: ({ response }) => response.writeHead(200, sse).flushHeaders(),
    });
    const stream = await open('/events');
    expect(stream.status).toBe(200);
    (await api.next()).response.end(event(1));
    expect(await stream.end()).toMatchObject({ whole: true, text: event(1) });
  });

  test('come with a proof of their own, after a nonce challenge too', async () => {
    const okta = system.okta;
    if (!okta) throw new Error('no stand-in');
    const resource = await startResourceServer({ okta, port: 0 });
    onTestFinished(() => resource.close());
    const { origin } = resource;
    await redeployed({ routes: routes({ upstream: origin, resource: origin }) });
    const { open } = await live();
    const stream = await open('/stream?count=2&everyMs=1');
    expect(stream.status).toBe(200);
    expect((await stream.end()).text).toContain('tick 2');
    const calls = okta.events
      .list()
      .filter((one) => one.kind === 'api' && one.server === 'resource');
    expect(calls.map(({ status }) => status)).toEqual([401, 200]);
  });
});

describe('a download', () => {
  test('of 50 MB passes byte for byte, no faster than it is read', async () => {
    const total = 50_000_000;
    const hash = createHash('sha256');
    let sent = 0;
    const { open } = await live({
      async file({ response }) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        for (let nth = 0; sent < total && !response.destroyed; nth += 1) {
          const chunk = Buffer.alloc(Math.min(65_521, total - sent), nth % 251);
          hash.update(chunk);
          sent += chunk.length;
          if (!response.write(chunk)) await once(response, 'drain');
        }
        response.end();
      },
    });
    const { response } = await open('/file');
    // Nothing is read yet: the upstream comes to a halt once what lies between is full.
    let before = -1;
    await expect
      .poll(
        () => {
          const halted = before === sent;
          before = sent;
          return halted;
        },
        { interval: 250, timeout: 20_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(total);
    const received = createHash('sha256');
    let bytes = 0;
    for await (const chunk of response) {
      received.update(chunk);
      bytes += chunk.length;
    }
    expect(bytes).toBe(total);
    expect(received.digest('hex')).toBe(hash.digest('hex'));
  });

  test('that the API breaks off does not look whole', async () => {
    const { open } = await live({
      file: ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/csv', 'content-length': '100' });
        response.write('a,b\n');
      },
    });
    const file = await open('/file');
    await file.until('a,b\n');
    (await api.next()).response.destroy();
    expect(await file.end()).toEqual({ whole: false, text: 'a,b\n' });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'upstream_failed', bytes: 4 });
  });

  test('that takes too long is cut, and does not look whole', async () => {
    await redeployed({ streams: { maxSeconds: 0.5, checkSeconds: 5 } });
    const { open } = await live({
      file: ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/csv' });
        response.write('a,b\n');
      },
    });
    const file = await open('/file');
    const { closed } = await api.next();
    expect(await file.end()).toEqual({ whole: false, text: 'a,b\n' });
    expect(await closed).toEqual({ finished: false });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'time_up' });
  });
});

describe('a stream ends', () => {
  test('when the user signs out', async () => {
    const { ada, open } = await live({ events: ticking });
    const stream = await open('/events');
    const { closed } = await api.next();
    await stream.until(event(1));
    expect((await ada.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
    expect(await stream.end()).toEqual({ whole: true, text: event(1) });
    expect(await closed).toEqual({ finished: false });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'session_ended' });
    expect((await open('/events')).status).toBe(401);
  });

  test('when the session is over, though nobody ended it', async () => {
    await redeployed({ session: { idleMinutes: 2 / 60, absoluteHours: 1 } });
    const { open } = await live({ events: ticking });
    const stream = await open('/events');
    const { closed } = await api.next();
    expect(await stream.end()).toEqual({ whole: true, text: event(1) });
    expect(await closed).toEqual({ finished: false });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'session_ended' });
  });

  test('when its reader does not read and the user signs out', async () => {
    const { ada, open } = await live({
      file({ response }) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        const fill = () => {
          while (response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', fill);
        fill();
      },
    });
    await open('/file');
    const { closed } = await api.next();
    await ada.fetch('/bff/logout', { method: 'POST' });
    expect(await closed).toEqual({ finished: false });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'session_ended' });
  });

  test('when the page goes away: the API is let go', async () => {
    const { open } = await live({ events: ticking });
    const stream = await open('/events');
    const { closed } = await api.next();
    await stream.until(event(1));
    stream.leave();
    expect(await closed).toEqual({ finished: false });
    await expect.poll(() => ends().at(-1)).toMatchObject({ why: 'client_left' });
  });
});

describe('a call to a streamed route', () => {
  test('belongs to its user alone, even after somebody else left in the middle', async () => {
    const whose: Talk = ({ request, response }) => {
      const token = String(request.headers.authorization).split(' ')[1] ?? '';
      response.writeHead(200, { ...sse, etag: `"${token.slice(-9)}"` }).write(event(token));
    };
    const { ada, open } = await live({ whose });
    const grace = visitor(system.url);
    await grace.signIn('grace');
    const users = [ada, grace, ada, grace];
    const seen: string[] = [];
    for (const user of users) {
      const stream = await reading(system.url, user, '/bff/api/live/whose');
      const { response, closed } = await api.next();
      seen.push(await stream.until('\n\n'));
      if (user === grace) response.end();
      else stream.leave();
      await closed;
      if (user === grace) expect(await stream.end()).toEqual({ whole: true, text: seen.at(-1) });
    }
    expect(seen[0]).not.toBe(seen[1]);
    expect(seen.slice(2)).toEqual(seen.slice(0, 2));
    expect((await open('/whose')).headers.etag).toContain(seen[0]?.trim().slice(-9));
  });

  test('has the same path and the same query upstream', async () => {
    const { open } = await live({ echo: ({ response }) => response.end() });
    await open('/echo/a%40b/%C3%BC/x%20y?b=2&a=1&b=3&q=a%2Bb+c&%5B%5D=%25&e');
    const { request } = await api.next();
    expect(request.url).toBe('/echo/a@b/%C3%BC/x%20y?b=2&b=3&a=1&q=a%2Bb%20c&%5B%5D=%25&e=');
  });

  test('is refused where its path means two things', async () => {
    const { open } = await live();
    for (const path of ['/x%252fy', '/%2e%2e/x', '/a%3Fb', '/a%5Cb', '/%ff']) {
      const answer = await open(path);
      const { status, code } = JSON.parse((await answer.end()).text);
      expect([path, answer.status, status, code]).toEqual([path, 400, 400, 'bad_path']);
    }
  });

  test('needs a session and the header of our pages, like any other', async () => {
    const stranger = visitor(system.url);
    const answer = await stranger.fetch('/bff/api/live/events');
    expect([answer.status, answer.json().code]).toEqual([401, 'not_signed_in']);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-bff-answer': '1',
    });
    const forged = await stranger.send('/bff/api/live/events');
    expect([forged.status, forged.json().code]).toEqual([403, 'csrf']);
  });

  test('gives a problem for what fails before the first byte', async () => {
    await redeployed({ routes: routes({ upstream: await deadOrigin() }) });
    const { open } = await live();
    const answer = await open('/events');
    expect(answer.status).toBe(502);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse((await answer.end()).text)).toMatchObject({ code: 'upstream_unreachable' });
  });

  test('gives a problem for more header than Lambda takes, and lets the API go', async () => {
    const { open } = await live({
      links({ response }) {
        const link = Array.from({ length: 150 }, (_, i) => `</${'x'.repeat(99)}${i}>; rel="next"`);
        response.writeHead(200, { link }).write('begun');
      },
      events: ticking,
    });
    const answer = await open('/links');
    const { closed } = await api.next();
    expect(answer.status).toBe(502);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    expect(JSON.parse((await answer.end()).text)).toMatchObject({ code: 'response_too_large' });
    expect(await closed).toEqual({ finished: false });
    expect((await open('/events')).status).toBe(200);
  });

  test('may be a file whose name no gateway can say', async () => {
    const { ada, open } = await live({
      file({ response }) {
        const name = Buffer.from('attachment; filename="Žofie.csv"').toString('latin1');
        response.writeHead(200, { 'content-disposition': name }).end('a;b');
      },
    });
    const expected = { 'content-disposition': "attachment; filename*=UTF-8''%C5%BDofie.csv" };
    expect((await open('/file')).headers).toMatchObject(expected);
    expect((await ada.fetch('/bff/api/buffered/file')).headers).toMatchObject(expected);
  });

  test('passes the refusals of the API on, whole', async () => {
    const { open } = await live({
      teapot: ({ response }) =>
        response
          .writeHead(418, { 'content-type': 'text/plain', 'set-cookie': 'a=1', etag: '"1"' })
          .end('short and stout'),
    });
    const answer = await open('/teapot');
    expect(answer.status).toBe(418);
    expect(answer.headers).toMatchObject({ etag: '"1"', 'cache-control': 'no-store' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await answer.end()).toEqual({ whole: true, text: 'short and stout' });
  });

  test('may be HEAD, which has no body', async () => {
    const { open } = await live({
      file: ({ response }) =>
        response.writeHead(200, { 'content-length': '12', etag: '"1"' }).end('twelve bytes'),
    });
    const answer = await open('/file', { method: 'HEAD' });
    expect((await api.next()).request.method).toBe('HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers.etag).toBe('"1"');
    expect(await answer.end()).toEqual({ whole: true, text: '' });
  });

  test('is not served by the buffered front, which another spelling leads to', async () => {
    const { ada } = await live({ table: ({ response }) => response.end('whole') });
    const answer = await ada.fetch('/bff/api/%6cive/table');
    expect([answer.status, answer.json().code]).toEqual([404, 'no_route']);
  });

  test('leaves the buffered routes alone', async () => {
    const { ada } = await live({ table: ({ response }) => response.end('whole') });
    const answer = await ada.fetch('/bff/api/buffered/table');
    expect([answer.status, answer.text]).toEqual([200, 'whole']);
    expect(answer.headers['content-length']).toBe('5');
  });
});
