// What goes in comes out, byte for byte, both ways.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toRequest, toResult } from '#http/http-api.ts';
import { holds } from '#test/support/holds.ts';
import { type Answer, json, proxyWorld, type Upstream } from '../support/proxying.ts';
import { theEvent } from '../support/requests.ts';

const echo: Upstream = (arrived, response) => {
  response.writeHead(200, {
    'content-type': arrived.headers['content-type'] ?? 'application/octet-stream',
    'x-method': arrived.method,
    'x-length': arrived.headers['content-length'] ?? 'none',
  });
  response.end(arrived.body);
};

const world = () =>
  proxyWorld({ upstream: echo, route: { responseHeaders: ['x-method', 'x-length'] } });

const every = Buffer.from(Uint8Array.from({ length: 4_096 }, (_, i) => (i * 7) % 256));

test.each([
  ['every byte', every, 'application/octet-stream'],
  ['bytes that are no UTF-8, called text', Buffer.from([0xff, 0xfe, 0x80]), 'text/plain'],
  ['a byte order mark', Buffer.from('\ufeff{"a":1}'), 'application/json'],
  ['line ends as they are', Buffer.from('a\r\nb\nc\r'), 'text/plain'],
  ['unicode', Buffer.from('{"name":"Žofie 😀 \u2028"}'), 'application/json; charset=utf-8'],
  ['a form', Buffer.from('a=1&a=2&b=&c=+%20%2B'), 'application/x-www-form-urlencoded'],
  [
    'a form with files',
    Buffer.concat([Buffer.from('--x\r\n\r\n'), every]),
    'multipart/form-data; boundary=x',
  ],
  ['numbers as they are', Buffer.from('{"n":12345678901234567890.10}'), 'application/json'],
  ['one zero byte', Buffer.from([0]), 'application/octet-stream'],
])('%s', async (_what, body, type) => {
  const { call, signIn } = await world();
  const ada = await signIn();
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await call(ada, '/bff/api/v1/x', {
      method,
      body,
      headers: { 'content-type': type },
    });
    expect(answer.bytes.equals(body), method).toBe(true);
    expect(answer.headers).toEqual({
      'content-type': type,
      'x-method': method,
      'x-length': String(body.length),
    });
  }
});

test('any bytes at all', async () => {
  const { call, signIn } = await world();
  const ada = await signIn();
  await holds(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), async (body) => {
      const answer = await call(ada, '/bff/api/v1/x', { method: 'POST', body });
      expect(answer.bytes.equals(body)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('an upload of 4,400,000 bytes and a download of as many', async () => {
  const { call, signIn } = await world();
  const ada = await signIn();
  const body = Buffer.alloc(4_400_000, every);
  const answer = await call(ada, '/bff/api/v1/x', { method: 'PUT', body });
  expect(answer.bytes.equals(body)).toBe(true);
});

test('a larger answer is 502 response_too_large, compressed or not, and its sender is let go', async () => {
  const large = Buffer.alloc(4_400_001);
  const gone = Promise.withResolvers<void>();
  const { call, signIn } = await proxyWorld({
    upstream: (_arrived, response, nth) => {
      if (nth === 1) return response.end(large);
      if (nth === 2) {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        return response.end(gzipSync(large));
      }
      response.on('close', () => gone.resolve());
      const more = () => {
        while (!response.destroyed && response.write(large));
      };
      response.on('drain', more);
      return more();
    },
  });
  const ada = await signIn();
  for (let i = 0; i < 3; i += 1) {
    expect(await call(ada, '/bff/api/v1/x')).toMatchObject({
      status: 502,
      code: 'response_too_large',
    });
  }
  await gone.promise;
});

test('a call without a body says so where a body could be, and sends no content type', async () => {
  const { call, signIn } = await world();
  const ada = await signIn();
  const lengths: Record<string, unknown> = {};
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await call(ada, '/bff/api/v1/x', {
      method,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    lengths[method] = answer.headers['x-length'];
  }
  expect(lengths).toEqual({ GET: 'none', POST: '0', PUT: '0', PATCH: '0', DELETE: 'none' });
});

test('path and query reach the upstream as they were meant', async () => {
  const urls: string[] = [];
  const { call, signIn } = await proxyWorld({
    upstream: ({ url }, response) => {
      urls.push(url);
      response.end();
    },
  });
  const ada = await signIn();
  const query = 'a=1&a=2&b=&c&d=+%20&e=%2B%2f&f=\'"<>|&g=%zz&h=é'.replace('é', '%C3%A9');
  await call(ada, `/bff/api/v1/users/a+b c/ž?${query}`);
  await call(ada, '/bff/api/v1/users/?');
  expect(urls).toEqual([`/api/v1/users/a+b%20c/%C5%BE?${query}`, '/api/v1/users/']);
});

test.each([
  ['gzip', gzipSync(every)],
  ['br', brotliCompressSync(every)],
])(
  'an upstream that compresses although asked not to (%s) arrives in the clear',
  async (coding, body) => {
    const { arrived, call, signIn } = await proxyWorld({
      upstream: (_arrived, response) => {
        response.writeHead(200, { 'content-encoding': coding }).end(body);
      },
    });
    const answer = await call(await signIn(), '/bff/api/v1/x', {
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(arrived[0]?.headers['accept-encoding']).toBe('identity');
    expect(answer.bytes.equals(every)).toBe(true);
    expect(answer.headers).toEqual({});
  },
);

test('a content coding that we cannot decode is 502', async () => {
  const { call, signIn } = await proxyWorld({
    upstream: (_arrived, response) => {
      response.writeHead(200, { 'content-encoding': 'compress' }).end('x');
    },
  });
  expect((await call(await signIn(), '/bff/api/v1/x')).code).toBe('upstream_unreachable');
});

test('HEAD, 204 and 304 have no body, and keep their headers', async () => {
  const { call, signIn } = await proxyWorld({
    upstream: ({ method, headers }, response) => {
      const etag = { etag: 'W/"7"', 'last-modified': 'Sat, 21 Nov 2026 00:00:00 GMT' };
      if (headers['if-none-match'] === 'W/"7"') response.writeHead(304, etag).end();
      else if (method === 'DELETE') response.writeHead(204).end();
      else response.writeHead(200, { ...etag, 'content-length': '5' }).end('hello');
    },
  });
  const ada = await signIn();
  const seen = async (method: string, headers = {}) => {
    const { status, bytes, headers: got } = await call(ada, '/bff/api/v1/x', { method, headers });
    return [status, bytes.length, got.etag];
  };
  expect(await seen('GET')).toEqual([200, 5, 'W/"7"']);
  expect(await seen('HEAD')).toEqual([200, 0, 'W/"7"']);
  expect(await seen('GET', { 'if-none-match': 'W/"7"' })).toEqual([304, 0, 'W/"7"']);
  expect(await seen('DELETE')).toEqual([204, 0, undefined]);
});

test('ranges go through', async () => {
  const { arrived, call, signIn } = await proxyWorld({
    upstream: (_arrived, response) => {
      response.writeHead(206, { 'content-range': 'bytes 2-4/10' }).end('cde');
    },
  });
  const answer = await call(await signIn(), '/bff/api/v1/x', { headers: { range: 'bytes=2-4' } });
  expect(arrived[0]?.headers.range).toBe('bytes=2-4');
  expect([answer.status, answer.text, answer.headers['content-range']]).toEqual([
    206,
    'cde',
    'bytes 2-4/10',
  ]);
});

test('pages are walked through Link headers that lead through the broker', async () => {
  const { upstream, arrived, call, signIn } = await proxyWorld({
    upstream: (one, response) => {
      const page = Number(new URL(one.url, 'http://x').searchParams.get('after')?.[0] ?? 1);
      const at = (n: number) =>
        `<http://${one.headers.host}/api/v1/users?after=${n},a+b%3D%3D&limit=2>`;
      json(response, [page], 200, {
        link: [`${at(page)}; rel="self"`, ...(page < 3 ? [`${at(page + 1)}; rel="next"`] : [])],
      });
    },
  });
  const ada = await signIn();
  let next: string | undefined = '/bff/api/v1/users?limit=2';
  const pages: unknown[] = [];
  while (next) {
    const answer: Answer = await call(ada, next);
    expect(JSON.stringify(answer.headers)).not.toContain(new URL(upstream).host);
    pages.push(...JSON.parse(answer.text));
    next = /<([^>]*)>; rel="next"/.exec(answer.headers.link ?? '')?.[1];
  }
  expect(pages).toEqual([1, 2, 3]);
  expect(arrived[2]?.url).toBe('/api/v1/users?after=3,a+b%3D%3D&limit=2');
});

test('a route may have the URLs in JSON bodies rewritten; other routes and types stay unchanged', async () => {
  const text = (host: unknown) => `{"id": 1.0, "href":"http://${host}/api/v1/users/1"}`;
  const types = ['application/json', 'application/vnd.x+json; charset=utf-8', 'text/plain'];
  for (const rewriteLinks of [true, false]) {
    const { upstream, call, signIn } = await proxyWorld({
      route: { rewriteLinks },
      upstream: ({ headers }, response, nth) => {
        response.writeHead(200, { 'content-type': types[nth - 1] }).end(text(headers.host));
      },
    });
    const ada = await signIn();
    for (const type of types) {
      const { text: got } = await call(ada, '/bff/api/v1/x');
      expect(got).toBe(
        rewriteLinks && type.includes('json')
          ? '{"id": 1.0, "href":"/bff/api/v1/users/1"}'
          : text(new URL(upstream).host),
      );
    }
  }
});

test('a body that becomes too large only when its links are rewritten is 502, too', async () => {
  const { call, signIn } = await proxyWorld({
    routes: (origin) => [
      {
        path: '/bff/api/a-name-that-is-longer-than-what-it-stands-for/*',
        upstream: origin,
        wholeHost: true,
        rewriteLinks: true,
      },
    ],
    upstream: ({ headers }, response) =>
      json(response, Array(100_000).fill(`http://${headers.host}/12345`)),
  });
  const ada = await signIn();
  const answer = await call(ada, '/bff/api/a-name-that-is-longer-than-what-it-stands-for/x');
  expect([answer.status, answer.code]).toEqual([502, 'response_too_large']);
});

test('a body that is not UTF-8 is not rewritten, whatever its type claims', async () => {
  let sent = Buffer.alloc(0);
  const { upstream, call, signIn } = await proxyWorld({
    route: { rewriteLinks: true },
    upstream: ({ headers }, response) => {
      const link = `"http://${headers.host}/api/v1/users/1"`;
      sent = Buffer.concat([
        Buffer.from(`[${link},"`),
        Buffer.from([0xe9, 0xff]),
        Buffer.from('"]'),
      ]);
      response.writeHead(200, { 'content-type': 'application/json' }).end(sent);
    },
  });
  const answer = await call(await signIn(), '/bff/api/v1/x');
  expect(answer.bytes.equals(sent)).toBe(true);
  expect(answer.text).toContain(upstream);
});

test('a part of a JSON body stays as it is: its place in the whole is said beside it', async () => {
  const { upstream, call, signIn } = await proxyWorld({
    route: { rewriteLinks: true },
    upstream: ({ headers }, response) => {
      json(response, `http://${headers.host}/api/v1/users/1`, 206, {
        'content-range': 'bytes 0-40/999',
      });
    },
  });
  const answer = await call(await signIn(), '/bff/api/v1/x', { headers: { range: 'bytes=0-' } });
  expect(answer.text).toBe(`"${upstream}/api/v1/users/1"`);
});

test('a body arrives the same, whether the event holds it as text or as base64', async () => {
  const { call, signIn } = await world();
  const ada = await signIn();
  const form = 'a=1&b=ž';
  for (const isBase64Encoded of [true, false]) {
    const { body } = toRequest(
      theEvent({
        isBase64Encoded,
        body: isBase64Encoded ? Buffer.from(form).toString('base64') : form,
      }),
    );
    const answer = await call(ada, '/bff/api/v1/x', { method: 'POST', body });
    expect(answer.text).toBe(form);
  }
});

test('text goes to the gateway as text, everything else as base64', async () => {
  const { call, signIn } = await world();
  const ada = await signIn();
  const through = async (type: string, body: Buffer) => {
    const answer = await call(ada, '/bff/api/v1/x', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    const { isBase64Encoded = false, body: sent = '' } = toResult({
      ...answer,
      body: answer.bytes,
    });
    expect(Buffer.from(sent, isBase64Encoded ? 'base64' : 'utf8').equals(body)).toBe(true);
    return isBase64Encoded;
  };
  expect(await through('application/json', Buffer.from('{"ž":1}'))).toBe(false);
  expect(await through('application/scim+json', Buffer.from('{}'))).toBe(false);
  expect(await through('text/csv', Buffer.from('\ufeffa;b'))).toBe(false);
  expect(await through('text/csv', Buffer.from([0x61, 0xe9]))).toBe(true);
  expect(await through('image/png', every)).toBe(true);
  // As JSON each of these takes six bytes: 25 MB, where base64 takes 5.9.
  expect(await through('text/plain', Buffer.alloc(4_200_000, '\u0001'))).toBe(true);
  expect(await through('text/plain', Buffer.alloc(4_200_000, '"a'))).toBe(true);
  expect(await through('text/plain', Buffer.alloc(4_200_000, 'a'))).toBe(false);
});
