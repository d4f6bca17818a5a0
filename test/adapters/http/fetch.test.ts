import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type HttpClient, httpClient } from '#adapters/http/client.ts';
import { fetchOver } from '#adapters/http/fetch.ts';
import { plainBodies } from '#adapters/http/plain-bodies.ts';
import { bodyOf, serve, serveBytes } from '#test/support/loopback.ts';

let http: HttpClient;
let now = 0;
beforeAll(() => {
  http = httpClient({ idleMs: 1_000, now: () => now });
});
afterAll(() => http.close());

const fetched = (request: Request) => fetchOver(plainBodies(http))(request);

/** Collects garbage again and again, until the test ends. */
function collecting(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setInterval(collect, 20);
  onTestFinished(() => clearInterval(timer));
}

// Nothing here holds the Request, as nothing in the core does.
const asked = (url: string, ms = 5_000) =>
  fetched(new Request(url, { method: 'POST', body: 'x', signal: AbortSignal.timeout(ms) }));

test.each([
  ['its answer', () => {}],
  [
    'the end of its answer',
    (response: { write(text: string): unknown }) => void response.write('{"a":'),
  ],
])('a time-out survives garbage collection while its caller waits for %s', async (_what, say) => {
  const { origin } = await serve((_request, response) => say(response));
  collecting();
  const text = asked(origin, 300).then((answer) => answer.text());
  await expect(text).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a request goes out as it is, and its answer comes with status, header and body', async () => {
  const { origin } = await serve(async (request, response) => {
    const { method, url, headers } = request;
    response.writeHead(418, { 'dpop-nonce': 'n', 'content-type': 'application/json' });
    const body = (await bodyOf(request)).toString();
    response.end(JSON.stringify({ method, url, proof: headers.dpop, body }));
  });
  const answer = await fetched(
    new Request(`${origin}/token?a=b%20c`, { method: 'POST', body: 'x', headers: { DPoP: 'p' } }),
  );
  expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([418, 'n']);
  expect(await answer.json()).toEqual({
    method: 'POST',
    url: '/token?a=b%20c',
    proof: 'p',
    body: 'x',
  });
});

test('an answer without a body is an answer', async () => {
  const { origin } = await serve((_request, response) => response.writeHead(204).end());
  expect([(await asked(origin)).status]).toEqual([204]);
});

test('a redirect is an answer: nothing goes to its target', async () => {
  let seen = 0;
  const elsewhere = await serve((_request, response) => {
    seen += 1;
    response.end();
  });
  const { origin } = await serve((_request, response) =>
    response.writeHead(307, { location: elsewhere.origin }).end(),
  );
  expect([(await asked(origin)).status, seen]).toEqual([307, 0]);
});

test('a server that compresses unasked is read', async () => {
  const { origin } = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')),
  );
  expect(await (await asked(origin)).json()).toEqual({ a: 1 });
});

test('an endless answer does not fill the memory', async () => {
  const { origin } = await serve((_request, response) => {
    const more = () => {
      while (response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  await expect(asked(origin)).rejects.toMatchObject({ fault: 'too_large' });
});

test('a connection that was frozen with its environment is not used again', async () => {
  const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  const { origin } = await serveBytes((socket, connection) => {
    let asks = 0;
    // The first connection dies in its sleep, without a word.
    socket.on('data', () => {
      asks += 1;
      if (connection > 1 || asks === 1) socket.write(answer);
    });
  });
  now = 0;
  expect(await (await asked(origin)).text()).toBe('ok');
  now = 60_000;
  expect(await (await asked(origin)).text()).toBe('ok');
});
