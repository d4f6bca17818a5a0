import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { BrokerError, type ErrorCode } from '#core/errors.ts';
import { endpoints, json } from '#http/answers.ts';
import { lambda, toRequest, toResult } from '#http/http-api.ts';
import type { Handle } from '#http/message.ts';
import { errorPage } from '#http/pages.ts';
import { theContext, theEvent } from '#test/support/requests.ts';

const invoke = (handle: Handle, event = theEvent()) =>
  lambda(
    () => ({ clock: Date }) as unknown as Broker,
    handle,
    (request, code) => errorPage(request, code, undefined),
  )(event, theContext) as Promise<APIGatewayProxyStructuredResultV2>;

describe('a request', () => {
  test('loses the stage in front of its path on the default URL only', () => {
    const path = (stage: string, domainName: string, rawPath: string) =>
      toRequest(theEvent({ stage, domainName, rawPath })).path;
    const aws = 'id.execute-api.eu-west-1.amazonaws.com';
    expect(path('prod', aws, '/prod/bff/health')).toBe('/bff/health');
    expect(path('prod', 'app.example', '/prod/bff/health')).toBe('/prod/bff/health');
    expect(path('$default', aws, '/bff/health')).toBe('/bff/health');
  });

  test('takes its cookies from the list, or from the header where there is no list', () => {
    const cookies = (more: object) => toRequest(theEvent(more)).cookies;
    expect(cookies({ cookies: ['a=1', 'b=2'] })).toEqual(['a=1', 'b=2']);
    expect(cookies({ headers: { cookie: 'a=1; b=2' } })).toEqual(['a=1', 'b=2']);
    expect(cookies({})).toEqual([]);
  });

  test('has its body as bytes, whichever way it came', () => {
    const bytes = Buffer.from([0, 255, 10]);
    const base64 = { body: bytes.toString('base64'), isBase64Encoded: true };
    expect(toRequest(theEvent(base64)).body).toEqual(bytes);
    expect(toRequest(theEvent({ body: 'ü' })).body).toEqual(Buffer.from('ü'));
    expect(toRequest(theEvent()).body).toBeUndefined();
  });
});

describe('a result', () => {
  test('always has a status, and is never stored by a cache', () => {
    const { statusCode, headers } = toResult({ status: 204 });
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      vary: 'Cookie',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });

  test.each([
    ['application/json', Buffer.from('{"a":"ü"}'), false],
    ['application/problem+json; charset=utf-8', Buffer.from('{}'), false],
    ['text/csv', Buffer.from('a,b'), false],
    ['application/xml', Buffer.from('<a/>'), false],
    ['text/plain', Buffer.from([0xff, 0xfe]), true],
    ['image/png', Buffer.from('text'), true],
    ['', Buffer.from('text'), true],
  ])('of type %s passes byte for byte', (type, bytes, base64) => {
    const result = toResult({ status: 200, headers: { 'content-type': type }, body: bytes });
    expect(result.isBase64Encoded).toBe(base64);
    expect(Buffer.from(result.body ?? '', base64 ? 'base64' : 'utf8').equals(bytes)).toBe(true);
  });
});

describe('a failure', () => {
  const failing =
    (fault: unknown): Handle =>
    async () => {
      throw fault;
    };

  test('of ours becomes its problem, with the request id and what the code allows to add', async () => {
    const fault = new BrokerError('step_up_required', 'internal detail', {
      extra: { login_url: '/bff/login?acr_values=x' },
      headers: { 'retry-after': '1' },
    });
    const result = await invoke(failing(fault));
    expect(result.statusCode).toBe(401);
    expect(result.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-bff-answer': '1',
      'retry-after': '1',
      'cache-control': 'no-store',
    });
    expect(JSON.parse(result.body ?? '')).toEqual({
      type: 'about:blank',
      status: 401,
      code: 'step_up_required',
      title: 'This needs a stronger sign-in.',
      request_id: 'request-1',
      login_url: '/bff/login?acr_values=x',
    });
  });

  test('that is not ours becomes 500 and shows nothing of itself', async () => {
    const result = await invoke(failing(new TypeError('secret-token at arn:aws:kms:x')));
    expect(result.statusCode).toBe(500);
    expect(JSON.parse(result.body ?? '')).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(result)).not.toMatch(/secret|arn|TypeError/);
  });

  test('of an expired session leaves the cookie: it may be the one of the next session by now', async () => {
    const result = await invoke(failing(new BrokerError('session_expired', 'gone')));
    expect(result.statusCode).toBe(401);
    expect(result.cookies ?? []).toEqual([]);
  });

  test('is a page for a person and a problem for a program', async () => {
    const person = {
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      accept: 'text/html,*/*;q=0.8',
    };
    const at = (rawPath: string) => theEvent({ rawPath, headers: person });
    const code: ErrorCode = 'store_unavailable';
    const shown = await invoke(failing(new BrokerError(code, 'x')), at('/bff/login'));
    expect(shown.statusCode).toBe(503);
    expect(shown.headers?.['content-type']).toContain('text/html');
    expect(shown.headers?.['content-security-policy']).toContain("frame-ancestors 'none'");
    const data = await invoke(failing(new BrokerError(code, 'x')), at('/bff/api/v1/users'));
    expect(data.headers?.['content-type']).toBe('application/problem+json');
  });
});

describe('endpoints', () => {
  const handle = endpoints({ '/bff/session': { GET: async () => json({ ok: true }) } });
  const status = async (method: string, rawPath: string) =>
    (await invoke(handle, theEvent({ method, rawPath }))).statusCode;

  test('answer 404 to an unknown path, 405 with Allow to an unknown method, HEAD as GET', async () => {
    expect(await status('GET', '/bff/session')).toBe(200);
    expect(await status('HEAD', '/bff/session')).toBe(200);
    expect(await status('GET', '/bff/session/')).toBe(404);
    expect(await status('GET', '/bff/toString')).toBe(404);
    const wrong = await invoke(handle, theEvent({ method: 'DELETE', rawPath: '/bff/session' }));
    expect(wrong.statusCode).toBe(405);
    expect(wrong.headers?.allow).toBe('GET');
  });

  test('grant nothing to a preflight', async () => {
    const result = await invoke(handle, theEvent({ method: 'OPTIONS', rawPath: '/bff/session' }));
    expect(result.statusCode).toBe(405);
    expect(Object.keys(result.headers ?? {}).join()).not.toMatch(/access-control/i);
  });
});
