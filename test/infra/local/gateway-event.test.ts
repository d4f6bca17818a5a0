import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { Gateway } from '#infra/local/gateway/gateway.ts';
import { decodePath } from '#infra/local/gateway/http-api/path.ts';
import { bodyOfRaw, echo, gatewayOf, rawRequest, sendRaw, statusOf } from '#test/support/toys.ts';

/** The event of a request with these lines. */
async function eventOf(gateway: Gateway, lines: string[], body = '') {
  const answer = await sendRaw(gateway.port, rawRequest(lines, body));
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  return JSON.parse(bodyOfRaw(answer)) as APIGatewayProxyEventV2;
}

async function eventOfBody(contentType: string | undefined, body: Buffer) {
  const gateway = await gatewayOf(echo);
  const headers = contentType === undefined ? [] : [`Content-Type: ${contentType}`];
  const head = rawRequest([
    'POST /bff/upload HTTP/1.1',
    'Host: localhost',
    `Content-Length: ${body.length}`,
    ...headers,
  ]);
  const answer = await sendRaw(gateway.port, Buffer.concat([Buffer.from(head), body]));
  return JSON.parse(bodyOfRaw(answer)) as APIGatewayProxyEventV2;
}

test('a request becomes the payload 2.0 event that API Gateway makes of it', async () => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(gateway, [
    'POST /bff/capture/space%20value?repeat=one&repeat=two&plus=a+b&coded=a%2Bb&empty= HTTP/1.1',
    'Host: localhost:3000',
    'User-Agent: test',
    'Content-Length: 0',
  ]);
  expect(event).toEqual({
    version: '2.0',
    routeKey: 'ANY /bff/{proxy+}',
    rawPath: '/bff/capture/space value',
    rawQueryString: 'repeat=one&repeat=two&plus=a+b&coded=a%2Bb&empty=',
    headers: {
      'content-length': '0',
      'content-type': 'text/plain; charset=utf-8',
      host: 'local.execute-api.us-east-1.amazonaws.com',
      'user-agent': 'test',
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': String(gateway.port),
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: { repeat: 'one,two', plus: 'a b', coded: 'a+b', empty: '' },
    pathParameters: { proxy: 'capture/space value' },
    requestContext: {
      accountId: '111122223333',
      apiId: 'local',
      domainName: 'local.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'local',
      http: {
        method: 'POST',
        path: '/bff/capture/space value',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: expect.stringMatching(/^[\w+/]{15}=$/),
      routeKey: 'ANY /bff/{proxy+}',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    },
    isBase64Encoded: false,
  });
});

test('a request without a query has no queryStringParameters, no cookies and no body', async () => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(gateway, ['GET /bff/x HTTP/1.1', 'Host: localhost']);
  expect(event.rawQueryString).toBe('');
  expect(event).not.toHaveProperty('queryStringParameters');
  expect(event).not.toHaveProperty('cookies');
  expect(event).not.toHaveProperty('body');
});

test.each([
  ['/bff/a%2Fb', '/bff/a/b'],
  ['/bff/a%20b', '/bff/a b'],
  ['/bff/question%3Fvalue', '/bff/question'],
  ['/bff/hash%23value', '/bff/hash#value'],
  ['/bff/%2e%2e/x', '/bff/../x'],
  ['/bff/%252e%252e/x', '/bff/%2e%2e/x'],
  ['/bff/back%5Cslash', '/bff/back\\slash'],
  ['/bff/unicode-%CE%BB-%E4%B8%96', '/bff/unicode-λ-世'],
  ['/bff/a//b/', '/bff/a//b/'],
  ['/bff/a;b=c', '/bff/a;b=c'],
])('the path %s arrives as %s', async (sent, seen) => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(gateway, [`GET ${sent}?q=%2F HTTP/1.1`, 'Host: localhost']);
  expect(event.rawPath).toBe(seen);
  expect(event.requestContext.http.path).toBe(seen);
  expect(event.pathParameters?.proxy).toBe(seen.slice('/bff/'.length));
  expect(event.rawQueryString).toBe('q=%2F');
});

// As captured on live HTTP APIs whose paths are decoded twice.
test.each([
  ['/capture/question%3Fvalue', '/capture/question'],
  ['/capture/percent%25done', undefined],
  ['/capture/literal%252Fvalue', '/capture/literal/value'],
  ['/capture/literal%253Fvalue', '/capture/literal?value'],
  ['/capture/literal%2525value', '/capture/literal%value'],
])('decoded twice, the path %s arrives as %s', (sent, seen) => {
  expect(decodePath(sent, 'twice')).toBe(seen);
});

test.each([
  ['a broken escape', 'GET /bff/%zz HTTP/1.1'],
  ['an escape that is not UTF-8', 'GET /bff/%ff HTTP/1.1'],
  ['a fragment', 'GET /bff/x#y HTTP/1.1'],
])('%s is a bad request', async (_, line) => {
  const gateway = await gatewayOf(echo);
  const answer = await sendRaw(gateway.port, rawRequest([line, 'Host: localhost']));
  expect(statusOf(answer)).toBe(400);
});

test.each(['GET http://elsewhere.example/bff/x HTTP/1.1', 'OPTIONS * HTTP/1.1'])(
  'no function hears of %s',
  async (line) => {
    const gateway = await gatewayOf(echo);
    const answer = await sendRaw(gateway.port, rawRequest([line, 'Host: localhost']));
    expect(statusOf(answer)).toBe(404);
    expect(answer).not.toContain('rawPath');
  },
);

test('cookies leave the headers for a list, in their order and with duplicates', async () => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(gateway, [
    'GET /bff/x HTTP/1.1',
    'Host: localhost',
    'Cookie: a=1; b="two words"; a=3',
    'Cookie: c=4',
  ]);
  expect(event.cookies).toEqual(['a=1', 'b="two words"', 'a=3', 'c=4']);
  expect(event.headers).not.toHaveProperty('cookie');
});

test('header names are lower case, and duplicates are joined with a comma', async () => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(gateway, [
    'GET /bff/x HTTP/1.1',
    'Host: localhost',
    'X-BFF-CSRF: 1',
    'x-bff-csrf: 1',
    'X_Under: score',
  ]);
  expect(event.headers['x-bff-csrf']).toBe('1,1');
  expect(event.headers.x_under).toBe('score');
});

test('names that mean something to JavaScript are names like any other', async () => {
  const gateway = await gatewayOf(echo);
  const line = 'GET /bff/x?constructor=1&__proto__=2&toString=3 HTTP/1.1';
  const answer = await sendRaw(
    gateway.port,
    rawRequest([line, 'Host: localhost', 'constructor: a', '__proto__: b']),
  );
  expect(bodyOfRaw(answer)).toContain(
    '"queryStringParameters":{"constructor":"1","__proto__":"2","toString":"3"}',
  );
  expect(bodyOfRaw(answer)).toContain('"constructor":"a","__proto__":"b"');
});

test('what a client says of forwarding stays left of what the gateway knows', async () => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(gateway, [
    'GET /bff/x HTTP/1.1',
    'Host: attacker.example',
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
    'TE: trailers',
    'Keep-Alive: timeout=5',
  ]);
  expect(event.headers['x-forwarded-for']).toBe('6.6.6.6, 127.0.0.1');
  expect(event.headers['x-forwarded-proto']).toBe('http');
  expect(event.headers['x-forwarded-port']).toBe(String(gateway.port));
  expect(event.requestContext.http.sourceIp).toBe('127.0.0.1');
  expect(event.headers.host).not.toContain('attacker');
  for (const name of ['te', 'keep-alive', 'connection'])
    expect(event.headers[name]).toBeUndefined();
});

const bytes = Buffer.from('{"λ":"ü"}');

test.each([
  'text/plain',
  'text/html; charset=utf-8',
  'application/json',
  'APPLICATION/JSON; charset=utf-8',
  'application/xml',
  'application/javascript',
])('a body of type %s arrives as text', async (type) => {
  const event = await eventOfBody(type, bytes);
  expect(event.isBase64Encoded).toBe(false);
  expect(event.body).toBe(bytes.toString());
});

test.each([
  undefined,
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'application/problem+json',
  'application/jwt',
  'image/png',
  'multipart/form-data; boundary=x',
])('a body of type %s arrives as base64', async (type) => {
  const event = await eventOfBody(type, bytes);
  expect(event.isBase64Encoded).toBe(true);
  expect(Buffer.from(event.body ?? '', 'base64')).toEqual(bytes);
  expect(event.headers['content-type']).toBe(type);
});

test('every byte of a binary body arrives', async () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const event = await eventOfBody('application/octet-stream', all);
  expect(Buffer.from(event.body ?? '', 'base64')).toEqual(all);
});

test('a chunked body has a length when it arrives', async () => {
  const gateway = await gatewayOf(echo);
  const event = await eventOf(
    gateway,
    [
      'POST /bff/x HTTP/1.1',
      'Host: localhost',
      'Transfer-Encoding: chunked',
      'Content-Type: text/plain',
    ],
    '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  );
  expect(event.body).toBe('abcde');
  expect(event.headers['content-length']).toBe('5');
  expect(event.headers).not.toHaveProperty('transfer-encoding');
});
