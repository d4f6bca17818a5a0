// The REST API that streams, with small functions that use `awslambda` as they would on AWS.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { type GatewayOptions, startGateway } from '#infra/local/gateway/gateway.ts';
import { serve } from '#test/support/loopback.ts';
import { bodyOfRaw, rawRequest, sendRaw, statusOf, toy } from '#test/support/toys.ts';

/** `body` is that of `async (event, stream, context) => {…}`; `head` says 200 and a type. */
const streaming = (body: string) => `
const head = (stream, more = {}) =>
  awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: { 'content-type': 'text/plain' }, ...more });
const end = (stream) => new Promise((resolve) => stream.end(resolve));
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {${body}});`;

async function gatewayOf(source: string, options: GatewayOptions = {}, env = {}) {
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.close());
  const restRoutes = ['ANY /bff/api/{proxy+}'];
  await gateway.deploy(
    [await toy(source, { routes: [], restRoutes, env })],
    [{ pattern: '/bff/api/*', streams: true }],
  );
  return gateway;
}

async function opened(url: string): Promise<IncomingMessage> {
  const request = get(url, { agent: false });
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

const textOf = async (response: IncomingMessage) => {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
};

test('a request becomes the event of a REST API', async () => {
  const gateway = await gatewayOf(
    streaming(`head(stream).write(JSON.stringify(event)); await end(stream);`),
  );
  const answer = await sendRaw(
    gateway.port,
    rawRequest([
      'GET /bff/api/space%20value/%2Fx?repeat=one&repeat=two&plus=a+b&coded=a%2Bb&empty HTTP/1.1',
      'Host: localhost:3000',
      'Cookie: a=1',
      'X-Twice: 1',
      'X-Twice: 2',
    ]),
  );
  const chunked = bodyOfRaw(answer);
  const event = JSON.parse(chunked.slice(chunked.indexOf('{'), chunked.lastIndexOf('}') + 1));
  expect(event).toMatchObject({
    resource: '/bff/api/{proxy+}',
    path: '/bff/api/space%20value/%2Fx',
    httpMethod: 'GET',
    headers: { Cookie: 'a=1', 'X-Twice': '2' },
    multiValueHeaders: { 'X-Twice': ['1', '2'], 'X-Forwarded-For': ['127.0.0.1'] },
    queryStringParameters: { repeat: 'two', plus: 'a b', coded: 'a+b', empty: '' },
    multiValueQueryStringParameters: {
      repeat: ['one', 'two'],
      plus: ['a b'],
      coded: ['a+b'],
      empty: [''],
    },
    pathParameters: { proxy: 'space%20value/%2Fx' },
    body: null,
    isBase64Encoded: false,
  } satisfies Partial<Record<keyof APIGatewayProxyEvent, unknown>>);
  expect(event).not.toHaveProperty('rawQueryString');
});

test('the head is what the first write sends, with every cookie, and with reserved names renamed', async () => {
  const gateway = await gatewayOf(
    streaming(`
      const more = { statusCode: 203, cookies: ['a=1', 'b=2'], multiValueHeaders: { 'x-two': ['1', '2'] } };
      head(stream, { headers: { 'www-authenticate': 'DPoP' }, ...more }).write('');
      await end(stream);`),
  );
  const response = await opened(`${gateway.url}/bff/api/x`);
  expect(response.statusCode).toBe(203);
  expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  expect(response.headers).toMatchObject({
    'x-two': '1, 2',
    'x-amzn-remapped-www-authenticate': 'DPoP',
  });
  expect(await textOf(response)).toBe('');
});

test.each([
  ['never writes', 'head(stream); await end(stream);'],
  ['says no head', `stream.write('x'.repeat(20_000)); await end(stream);`],
  [
    'says a header that is none',
    `head(stream, { headers: { 'x-a': 'a\\u017db' } }).write(''); await end(stream);`,
  ],
  ['says a status that is none', `head(stream, { statusCode: 7 }).write(''); await end(stream);`],
  ['throws first', `throw new Error('early');`],
])('a function that %s is 502', async (_, body) => {
  const gateway = await gatewayOf(streaming(body));
  const answer = await fetch(`${gateway.url}/bff/api/x`);
  expect([answer.status, await answer.json()]).toEqual([502, { message: 'Internal server error' }]);
});

test('an error after the head cuts the answer, and the environment lives on', async () => {
  const gateway = await gatewayOf(
    streaming(
      `head(stream).write('half'); if (event.path.endsWith('bad')) throw new Error('late'); await end(stream);`,
    ),
  );
  const cut = await opened(`${gateway.url}/bff/api/bad`);
  await expect(textOf(cut)).rejects.toThrow('aborted');
  expect(await textOf(await opened(`${gateway.url}/bff/api/good`))).toBe('half');
  expect(gateway.functions().environments('toy')).toBe(1);
});

test('a stream occupies its environment', async () => {
  const gateway = await gatewayOf(
    streaming(`
      head(stream).write('on');
      if (event.path.endsWith('long')) await new Promise((resolve) => stream.on('close', resolve));
      else await end(stream);`),
  );
  const long = await opened(`${gateway.url}/bff/api/long`);
  expect(await textOf(await opened(`${gateway.url}/bff/api/short`))).toBe('on');
  expect(gateway.functions().environments('toy')).toBe(2);
  long.destroy();
});

test('a function that is not told of leaving, as on AWS, goes on', async () => {
  const beats: string[] = [];
  const heard = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const { origin } = await serve(async (request, response) => {
    beats.push(request.url ?? '');
    if (request.url === '/gone') await gone.promise;
    response.end();
    if (request.url === '/done') heard.resolve();
  });
  const gateway = await gatewayOf(
    streaming(`
      stream.on('close', () => { if (!stream.writableFinished) process.exit(1); });
      head(stream).write('first');
      await fetch(process.env.BEAT + '/gone');
      for (let i = 0; i < 50; i += 1) stream.write('x'.repeat(100_000)) || await new Promise((go) => stream.once('drain', go));
      await end(stream);
      await fetch(process.env.BEAT + '/done');`),
    { leaving: 'untold' },
    { BEAT: origin },
  );
  const client = await opened(`${gateway.url}/bff/api/x`);
  client.destroy();
  await once(client, 'close');
  gone.resolve();
  await heard.promise;
  expect(beats).toEqual(['/gone', '/done']);
});

test('an answer of more bytes than Lambda passes on is cut', async () => {
  const gateway = await gatewayOf(
    streaming(
      `head(stream).write('x'.repeat(Number(event.queryStringParameters.size))); await end(stream);`,
    ),
    { mostStreamBytes: 2_000 },
  );
  const url = `${gateway.url}/bff/api/x?size=`;
  expect((await textOf(await opened(`${url}1000`))).length).toBe(1_000);
  await expect(opened(`${url}3000`).then(textOf)).rejects.toThrow(/aborted|hang up/);
});

test('a silence that lasts too long ends the answer, as at CloudFront', async () => {
  const gateway = await gatewayOf(
    streaming(`
      if (!event.path.endsWith('never')) head(stream).write('one');
      await new Promise((resolve) => stream.on('close', resolve));`),
    // Long enough for an environment to start in.
    { silenceMs: 2_000 },
  );
  const { port } = gateway;
  const raw = rawRequest(['GET /bff/api/never HTTP/1.1', 'Host: localhost']);
  expect(statusOf(await sendRaw(port, raw))).toBe(504);
  await expect(textOf(await opened(`${gateway.url}/bff/api/x`))).rejects.toThrow('aborted');
});

test('a plain invocation gets all of the stream as its payload', async () => {
  const gateway = await gatewayOf(
    streaming(`stream.write('all '); stream.write('of it'); await end(stream);`),
  );
  expect(await gateway.functions().invoke('toy', '{}')).toEqual({
    kind: 'done',
    payload: 'all of it',
  });
});
