import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type HttpClientOptions, httpClient } from '#adapters/http/client.ts';
import type { Outgoing } from '#core/http.ts';
import { bodyOf, deadOrigin, serve, serveBytes } from '../../support/loopback.ts';
import { selfSigned } from '../../support/self-signed.ts';

const client = (options?: HttpClientOptions) => {
  const http = httpClient(options);
  onTestFinished(() => http.close());
  return http;
};

const get = (origin: string, over: Partial<Outgoing> = {}): Outgoing => ({
  origin,
  method: 'GET',
  path: '/',
  headers: {},
  timeoutMs: 10_000,
  maxBytes: 1_000_000,
  ...over,
});

test('path and query go on the wire byte for byte', async () => {
  const seen: (string | undefined)[] = [];
  const { origin } = await serve((request, response) => {
    seen.push(request.url);
    response.end();
  });
  const paths = ["/a/'b';c=%7E/d@e:f?x=1&x=2&y=&z=a+b%20c&'\"<>|^`{}", '/', '/a/', '/%C3%A9?%3F'];
  for (const path of paths) await client().send(get(origin, { path }));
  expect(seen).toEqual(paths);
});

test('bodies are bytes both ways, and a POST without a body says so', async () => {
  const lengths: (string | undefined)[] = [];
  const { origin } = await serve(async (request, response) => {
    lengths.push(request.headers['content-length']);
    response.end(await bodyOf(request));
  });
  const every = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
  const http = client();
  const answer = await http.send(get(origin, { method: 'POST', body: every }));
  expect(new Uint8Array(answer.body)).toEqual(every);
  await http.send(get(origin, { method: 'POST' }));
  await http.send(get(origin, { method: 'POST', body: new Uint8Array() }));
  await http.send(get(origin, { method: 'DELETE' }));
  expect(lengths).toEqual(['512', '0', '0', undefined]);
});

test('header lines of one name stay apart and in order', async () => {
  const { origin } = await serve((_request, response) => {
    response.setHeader('Link', ['<https://a/?x=1,2>; rel="self"', '<https://a/?y>; rel="next"']);
    response.setHeader('X-One', 'caf\xe9');
    response.end();
  });
  const { headers } = await client().send(get(origin));
  expect(headers.filter(([name]) => name === 'link').map(([, value]) => value)).toEqual([
    '<https://a/?x=1,2>; rel="self"',
    '<https://a/?y>; rel="next"',
  ]);
  expect(headers).toContainEqual(['x-one', 'caf\xe9']);
});

test('redirects are answers', async () => {
  const { origin } = await serve((_request, response) => {
    response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
  });
  expect((await client().send(get(origin))).status).toBe(302);
});

test('interim answers are not the answer', async () => {
  const { origin } = await serve((_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('final');
  });
  const answer = await client().send(get(origin));
  expect([answer.status, answer.body.toString()]).toEqual([200, 'final']);
});

test('a connection is kept and used again', async () => {
  const ports = new Set<number | undefined>();
  const { origin } = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('x');
  });
  const http = client();
  for (let i = 0; i < 20; i += 1) await http.send(get(origin));
  // undici rests a connection for a turn of the event loop: two take turns.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test('a connection that stood idle too long by the wall clock is not used again', async () => {
  const ports = new Set<number | undefined>();
  const { origin } = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('x');
  });
  let now = 0;
  const http = client({ idleMs: 1_000, now: () => now });
  await http.send(get(origin));
  now = 5_000; // the environment was frozen meanwhile; no timer ran
  await http.send(get(origin));
  expect(ports.size).toBe(2);
});

test('a connection that the server closed meanwhile costs nothing, even for a POST', async () => {
  const { origin, server } = await serve((_request, response) => {
    response.end('x');
  });
  const http = client();
  await http.send(get(origin));
  server.closeIdleConnections();
  const answer = await http.send(get(origin, { method: 'POST', body: Buffer.from('y') }));
  expect(answer.body.toString()).toBe('x');
});

test('bytes that arrive on an idle connection are not taken for an answer', async () => {
  const planted = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nPOISON';
  const { origin } = await serveBytes((socket) => {
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      setImmediate(() => socket.write(planted));
    });
  });
  const http = client();
  for (let i = 0; i < 3; i += 1) {
    const answer = await http.send(get(origin)).catch(() => undefined);
    if (answer) expect(answer.body.toString()).toBe('ok');
  }
});

const faultOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: { fault?: string }) => error.fault ?? String(error),
  );

test('each way to fail has its name', async () => {
  const http = client();
  expect(await faultOf(http.send(get(await deadOrigin())))).toBe('refused');

  const mute = await serveBytes((socket) => socket.on('data', () => socket.destroy()));
  expect(await faultOf(http.send(get(mute.origin)))).toBe('broken');

  const short = await serveBytes((socket) =>
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')),
  );
  expect(await faultOf(http.send(get(short.origin)))).toBe('cut');

  const silent = await serveBytes((socket) => socket.resume());
  expect(await faultOf(http.send(get(silent.origin, { timeoutMs: 50 })))).toBe('timeout');

  const slow = await serveBytes((socket) =>
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')),
  );
  expect(await faultOf(http.send(get(slow.origin, { timeoutMs: 50 })))).toBe('timeout');

  const noise = await serveBytes((socket) => socket.on('data', () => socket.end('what?\r\n\r\n')));
  expect(await faultOf(http.send(get(noise.origin)))).toBe('malformed');

  const large = await serve((_request, response) => response.end(Buffer.alloc(2_000)));
  expect(await faultOf(http.send(get(large.origin, { maxBytes: 1_999 })))).toBe('too_large');
  expect(await faultOf(http.send(get(large.origin, { maxBytes: 2_000 })))).toBe('none');
});

test.each([
  ['a status that is none', 'HTTP/1.1 600 Odd\r\ncontent-length: 2\r\n\r\n{}'],
  ['a status below 100', 'HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\n{}'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  ],
  ['a folded line', 'HTTP/1.1 200 OK\r\nx-a: a\r\n b\r\ncontent-length: 2\r\n\r\n{}'],
])('an answer with %s is malformed, and not asked for again', async (_what, bytes) => {
  const { origin } = await serveBytes((socket) => socket.on('data', () => socket.write(bytes)));
  const http = client();
  expect(await faultOf(http.send(get(origin)))).toBe('malformed');
  expect(await faultOf(http.open(get(origin)))).toBe('malformed');
});

test.each([
  ['a header that would begin another', { headers: { 'x-a': 'b\r\nx-c: d' } }],
  ['a header name that is none', { headers: { 'x a': 'b' } }],
  ['a path with a space', { path: '/a b' }],
  ['a path with a line break', { path: '/a\r\nx: y' }],
  ['a method that is none', { method: 'GET /x HTTP/1.1\r\n' }],
])('%s is never sent', async (_what, over) => {
  const { origin } = await serveBytes(() => {
    throw new Error('something was sent');
  });
  expect(await faultOf(client().send(get(origin, over as Partial<Outgoing>)))).toBe('malformed');
});

test('an untrusted certificate is refused before anything is sent', async () => {
  const seen: unknown[] = [];
  const server = createServer(selfSigned, (request, response) => {
    seen.push(request.url);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await faultOf(client().send(get(`https://localhost:${port}`)))).toBe('refused');
  expect(seen).toEqual([]);
});

test('an answer that is given up ends the connection', async () => {
  const gone = Promise.withResolvers<void>();
  const { origin } = await serve((request, response) => {
    request.socket.on('close', () => gone.resolve());
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
  });
  expect(await faultOf(client().send(get(origin, { maxBytes: 100_000 })))).toBe('too_large');
  await gone.promise;
});

test('a stream answers with its header and then as it comes', async () => {
  const { origin } = await serve(async (_request, response) => {
    response.flushHeaders();
    await next;
    response.write('one');
    response.end('two');
  });
  const { promise: next, resolve: go } = Promise.withResolvers<void>();
  const answer = await client().open(get(origin));
  expect(answer.status).toBe(200);
  go();
  let text = '';
  for await (const chunk of answer.body) text += chunk.toString();
  expect(text).toBe('onetwo');
});

test('a stream that nobody reads stops the sender', async () => {
  let written = 0;
  const blocked = Promise.withResolvers<void>();
  const { origin } = await serve((_request, response) => {
    const more = () => {
      for (let i = 0; i < 1_000; i += 1) {
        written += 65_536;
        if (!response.write(Buffer.alloc(65_536))) return blocked.resolve();
      }
      response.end();
      return undefined;
    };
    more();
    response.on('drain', more);
  });
  const answer = await client().open(get(origin));
  await blocked.promise;
  expect(written).toBeLessThan(60_000_000);
  answer.cancel();
});

test('a reader that leaves, a signal and cancel each end the stream', async () => {
  const arrivals: IncomingMessage[] = [];
  const { origin } = await serve((request, response) => {
    arrivals.push(request);
    response.write('more to come');
  });
  const http = client();

  const left = await http.open(get(origin));
  for await (const _chunk of left.body) break;
  await closed(arrivals[0]);

  const stop = new AbortController();
  const aborted = await http.open(get(origin), stop.signal);
  stop.abort();
  await expect(drain(aborted.body)).rejects.toMatchObject({ fault: 'cut' });
  await closed(arrivals[1]);

  const cancelled = await http.open(get(origin));
  cancelled.cancel();
  await closed(arrivals[2]);
});

const closed = async (request: IncomingMessage | undefined) => {
  if (request && !request.socket.destroyed) await once(request.socket, 'close');
};

const drain = async (body: AsyncIterable<Buffer>) => {
  for await (const _chunk of body);
};
