import { expect, test } from 'vitest';
import { gatewayOf, rawRequest, sendRaw } from '#test/support/toys.ts';

const returning = (result: string) => `export const handler = async () => (${result});`;
const answerTo = async (result: string, init: RequestInit = {}) =>
  fetch(`${(await gatewayOf(returning(result))).url}/bff/x`, { redirect: 'manual', ...init });

test('status, headers and body are the function’s', async () => {
  const answer = await answerTo(
    `{ statusCode: 418, headers: { 'Content-Type': 'text/css', 'x-number': 7 }, body: 'käse' }`,
  );
  expect(answer.status).toBe(418);
  expect(answer.headers.get('content-type')).toBe('text/css');
  expect(answer.headers.get('x-number')).toBe('7');
  expect(answer.headers.get('apigw-requestid')).toBeTruthy();
  expect(await answer.text()).toBe('käse');
});

test('without a content type the body is plain text', async () => {
  const answer = await answerTo(`{ statusCode: 200, body: 'x' }`);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
});

test('each cookie is one Set-Cookie', async () => {
  const answer = await answerTo(`{ statusCode: 200, cookies: ['a=1; Secure', 'b=2; HttpOnly'] }`);
  expect(answer.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2; HttpOnly']);
});

test('a base64 body is bytes', async () => {
  const answer = await answerTo(`{ statusCode: 200, body: 'AP8=', isBase64Encoded: true }`);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from([0, 255]));
});

test.each([
  ['{ hello: "world" }', '{"hello":"world"}'],
  ['{ status: 500, body: "secret" }', '{"status":500,"body":"secret"}'],
  ['"text"', '"text"'],
  ['[1]', '[1]'],
  ['undefined', 'null'],
])('a result without a statusCode, %s, is sent whole as 200 JSON', async (result, body) => {
  const answer = await answerTo(result);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(await answer.text()).toBe(body);
});

test.each([
  ['a status that is no number', `{ statusCode: 'ok' }`],
  ['a status out of range', `{ statusCode: 99 }`],
  ['an object as its body', `{ statusCode: 200, body: {} }`],
  ['a header that is a list', `{ statusCode: 200, headers: { 'set-cookie': ['a=1'] } }`],
  ['a header with a line break', `{ statusCode: 200, headers: { a: 'b\\r\\nc: d' } }`],
  ['a cookie with a line break', `{ statusCode: 200, cookies: ['a=1\\r\\nc: d'] }`],
  ['cookies that are no list', `{ statusCode: 200, cookies: 'a=1' }`],
  ['a body that is not base64', `{ statusCode: 200, body: '***', isBase64Encoded: true }`],
])('a result with %s is 500', async (_, result) => {
  const answer = await answerTo(result);
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ message: 'Internal Server Error' });
});

test('an error of the function is 500 and says nothing of it', async () => {
  const { url } = await gatewayOf(
    `export const handler = async () => { throw new Error('s3cret') };`,
  );
  const answer = await fetch(`${url}/bff/x`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).toBe('{"message":"Internal Server Error"}');
});

test('an answer over 6 MB is 500, one just below goes through', async () => {
  const body = (size: number) => `{ statusCode: 200, body: 'x'.repeat(${size}) }`;
  expect((await (await answerTo(body(6_000_000))).text()).length).toBe(6_000_000);
  expect((await answerTo(body(6_300_000))).status).toBe(500);
});

test('HEAD has the headers of GET and no body', async () => {
  const gateway = await gatewayOf(
    returning(`{ statusCode: 200, headers: { etag: '"1"' }, body: 'body' }`),
  );
  const raw = await sendRaw(gateway.port, rawRequest(['HEAD /bff/x HTTP/1.1', 'Host: localhost']));
  expect(raw).toContain('etag: "1"');
  expect(raw).toContain('content-length: 4');
  expect(raw.endsWith('\r\n\r\n')).toBe(true);
});

test.each([204, 304])('%d has neither body nor type', async (status) => {
  const answer = await answerTo(`{ statusCode: ${status}, body: 'stray' }`);
  expect(answer.status).toBe(status);
  expect(await answer.text()).toBe('');
  expect(answer.headers.get('content-type')).toBeNull();
});

test('the function does not set the length of its answer', async () => {
  const answer = await answerTo(
    `{ statusCode: 200, headers: { 'Content-Length': '1' }, body: 'abc' }`,
  );
  expect(await answer.text()).toBe('abc');
});
