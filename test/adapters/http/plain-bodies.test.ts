import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { httpClient } from '#adapters/http/client.ts';
import { plainBodies } from '#adapters/http/plain-bodies.ts';
import type { Outgoing } from '#core/http.ts';
import { serve } from '../../support/loopback.ts';

const text = Buffer.from('The quick brown fox, '.repeat(500));

const upstream = async (encoding: string, body: Buffer, status = 200) => {
  const client = httpClient();
  onTestFinished(() => client.close());
  const { origin } = await serve((_request, response) => {
    response.writeHead(status, { 'content-encoding': encoding }).end(body);
  });
  const request: Outgoing = {
    origin,
    method: 'GET',
    path: '/',
    headers: {},
    timeoutMs: 10_000,
    maxBytes: 20_000,
  };
  return { http: plainBodies(client), request };
};

const codings: [string, Buffer][] = [
  ['gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['identity', text],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
];

test.each(codings)('%s arrives in the clear, whole and as a stream', async (encoding, body) => {
  const { http, request } = await upstream(encoding, body);
  expect((await http.send(request)).body).toEqual(text);
  const chunks: Buffer[] = [];
  for await (const chunk of (await http.open(request)).body) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(text);
});

test.each([
  ['a bomb is too large', 'gzip', gzipSync(Buffer.alloc(20_001)), 200, 'too_large'],
  ['what fits is not', 'gzip', gzipSync(Buffer.alloc(20_000)), 200, 'none'],
  ['an unknown coding is malformed', 'compress', text, 200, 'malformed'],
  ['a coding of that name is no property', 'constructor', text, 200, 'malformed'],
  ['a part of something encoded is malformed', 'gzip', gzipSync(text), 206, 'malformed'],
  ['what ends early is cut', 'gzip', gzipSync(text).subarray(0, 20), 200, 'cut'],
  ['what is not what it says is cut', 'br', text, 200, 'cut'],
  ['304 has nothing to open', 'gzip', Buffer.alloc(0), 304, 'none'],
  ['nothing is nothing', 'gzip', Buffer.alloc(0), 200, 'none'],
])('%s', async (_what, encoding, body, status, fault) => {
  const { http, request } = await upstream(encoding, body, status);
  const found = await http.send(request).then(
    () => 'none',
    (error: { fault: string }) => error.fault,
  );
  expect(found).toBe(fault);
});

test('a stream that is not what it says fails its reader', async () => {
  const { http, request } = await upstream('gzip', text);
  const { body } = await http.open(request);
  await expect(async () => {
    for await (const _chunk of body);
  }).rejects.toThrow();
});
