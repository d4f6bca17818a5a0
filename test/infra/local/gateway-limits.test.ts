import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import {
  bodyOfRaw,
  echo,
  gatewayOf,
  gatewayWith,
  rawRequest,
  sendRaw,
  statusOf,
  toy,
} from '#test/support/toys.ts';

const megabyte = 1024 * 1024;
const length =
  'export const handler = async (event) => ({ statusCode: 200, body: String(Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8").length) });';

test('4,400,000 bytes go through as base64, and 4,800,000 are too much for Lambda', async () => {
  const { url } = await gatewayOf(length);
  const post = (size: number) =>
    fetch(`${url}/bff/x`, {
      method: 'POST',
      body: Buffer.alloc(size),
      headers: { 'content-type': 'application/octet-stream' },
    });
  expect(await (await post(4_400_000)).text()).toBe('4400000');
  const refused = await post(4_800_000);
  expect(refused.status).toBe(413);
  expect(await refused.json()).toEqual({ message: 'Request Entity Too Large' });
});

test('a body over 10 MB is refused by its declared length alone', async () => {
  const { port } = await gatewayOf(length);
  const answer = await sendRaw(
    port,
    rawRequest(['POST /bff/x HTTP/1.1', 'Host: localhost', `Content-Length: ${10 * megabyte + 1}`]),
  );
  expect(statusOf(answer)).toBe(413);
  expect(JSON.parse(bodyOfRaw(answer))).toEqual({ message: 'Request Entity Too Large' });
});

test('a chunked body over 10 MB is refused once that much has arrived', async () => {
  const { url } = await gatewayOf(length);
  const stream = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 11; i++) controller.enqueue(new Uint8Array(megabyte));
      controller.close();
    },
  });
  const init = { method: 'POST', body: stream, duplex: 'half' as const };
  expect((await fetch(`${url}/bff/x`, init)).status).toBe(413);
});

test('a request line and headers over 10,240 bytes are refused', async () => {
  const { url } = await gatewayOf(echo);
  const get = (size: number) => fetch(`${url}/bff/x`, { headers: { 'x-large': 'x'.repeat(size) } });
  expect((await get(9_000)).status).toBe(200);
  for (const size of [10_240, 20_000, 100_000]) {
    const refused = await get(size);
    expect(refused.status).toBe(431);
    expect(await refused.json()).toEqual({ message: 'Request Header Fields Too Large' });
  }
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a space in the target', 'GET /bff/a b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a header without a name', 'GET /bff/x HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n'],
  [
    'two lengths',
    'POST /bff/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
  ],
  [
    'a length and chunks',
    'POST /bff/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['no Host', 'GET /bff/x HTTP/1.1\r\nConnection: close\r\n\r\n'],
])('a request with %s is a bad request', async (_, bytes) => {
  const { port } = await gatewayOf(echo);
  expect(statusOf(await sendRaw(port, bytes))).toBe(400);
});

test('localhost answers over IPv6 too, where this machine has it', async ({ skip }) => {
  const loopback = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  if (!loopback.some(({ address }) => address === '::1')) skip();
  const { port } = await gatewayOf(echo);
  expect((await fetch(`http://[::1]:${port}/bff/x`)).status).toBe(200);
});

test('methods that HTTP APIs do not have are refused', async () => {
  const { port } = await gatewayOf(echo);
  const answer = await sendRaw(port, rawRequest(['TRACE /bff/x HTTP/1.1', 'Host: localhost']));
  expect(statusOf(answer)).toBe(405);
});

test('a path without a route is not found', async () => {
  const gateway = await gatewayWith([await toy(echo, { routes: ['GET /bff/login'] })]);
  const answer = await fetch(`${gateway.url}/bff/other`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ message: 'Not Found' });
});

test('a websocket under /bff is refused', async () => {
  const { port } = await gatewayOf(echo);
  const answer = await sendRaw(
    port,
    'GET /bff/api/v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  expect(statusOf(answer)).toBe(400);
  expect(answer).toContain('WebSockets are not supported');
});

test('an upgrade to anything else is an ordinary request', async () => {
  const { port } = await gatewayOf(echo);
  const answer = await sendRaw(
    port,
    'GET /bff/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n',
  );
  expect(statusOf(answer)).toBe(200);
});

test('a function that takes longer than the gateway waits is 503, and goes on', async () => {
  const lines: string[] = [];
  let heard = () => {};
  const finished = new Promise<void>((resolve) => (heard = resolve));
  const gateway = await gatewayOf(
    `export const handler = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      console.log('finished');
      return { statusCode: 200 };
    };`,
    {
      timeoutMs: 50,
      onLog: (_, line) => {
        lines.push(line);
        heard();
      },
    },
  );
  const answer = await fetch(`${gateway.url}/bff/x`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ message: 'Service Unavailable' });
  await finished;
  expect(lines).toEqual(['finished']);
});

test('a client that goes away in the middle of its body costs nothing', async () => {
  const gateway = await gatewayOf(echo);
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('POST /bff/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
  await new Promise<void>((resolve) => socket.end(() => resolve()));
  await text(socket).catch(() => '');
  expect((await fetch(`${gateway.url}/bff/x`)).status).toBe(200);
});
