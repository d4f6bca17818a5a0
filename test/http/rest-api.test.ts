import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '#core/errors.ts';
import { targetOf } from '#core/proxy/url/target.ts';
import { restRequest } from '#http/rest-api.ts';
import { someRoutes } from '#test/support/routes.ts';

const requestOf = (more: Partial<APIGatewayProxyEvent>) =>
  restRequest({
    httpMethod: 'GET',
    path: '/bff/api/v1/users',
    headers: {},
    multiValueHeaders: {},
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    body: null,
    isBase64Encoded: false,
    requestContext: { requestId: 'request-1' },
    ...more,
  } as APIGatewayProxyEvent);

const routes = someRoutes();
const sentFor = (more: Partial<APIGatewayProxyEvent>) => targetOf(routes, requestOf(more));
const codeOf = (more: Partial<APIGatewayProxyEvent>) => {
  try {
    sentFor(more);
    return 'sent';
  } catch (fault) {
    return fault instanceof BrokerError ? fault.code : fault;
  }
};

describe('a path that is still encoded', () => {
  test.each([
    ['/bff/api/v1/a%40b', '/api/v1/a@b'],
    ['/bff/api/v1/space%20value', '/api/v1/space%20value'],
    ['/bff/api/v1/%C3%BC/', '/api/v1/%C3%BC/'],
    ['/bff/api/v1/a%2Fb', '/api/v1/a/b'],
  ])('%s is sent as %s', (path, sent) => {
    expect(sentFor({ path }).pathAndQuery).toBe(sent);
  });

  test.each(['%252F', '%2e%2e', '%3F', '%23', '%5C', '%ff', '%', '%00'])('%s is refused', (odd) => {
    expect(codeOf({ path: `/bff/api/v1/${odd}/x` })).toBe('bad_path');
  });
});

describe('a query of which only names and values are left', () => {
  const queryOf = (multiValueQueryStringParameters: Record<string, string[]> | null) =>
    requestOf({ multiValueQueryStringParameters }).rawQuery;

  test('is written again, one way only', () => {
    expect(queryOf(null)).toBe('');
    expect(queryOf({ a: ['1', '2'], b: [''] })).toBe('a=1&a=2&b=');
    expect(queryOf({ 'a b': ['c d+e'], 'x[]': ['&=?/ü'] })).toBe(
      'a%20b=c%20d%2Be&x%5B%5D=%26%3D%3F%2F%C3%BC',
    );
  });

  test.each([['\ufffd'], ['\ud800']])('is refused when something was lost', (value) => {
    const path = '/bff/api/v1/users';
    expect(codeOf({ path, multiValueQueryStringParameters: { a: [value] } })).toBe('bad_path');
  });
});

test('headers have lower-case names, and what comes twice is one value', () => {
  const { headers } = requestOf({
    multiValueHeaders: { 'X-BFF-CSRF': ['1'], 'x-bff-csrf': ['1'], Accept: ['a', 'b'] },
  });
  // So a second X-BFF-CSRF is no longer "1".
  expect(headers).toEqual({ 'x-bff-csrf': '1,1', accept: 'a,b' });
});

test('cookies come from as many headers as there are, and are then no longer headers', () => {
  const { cookies, headers } = requestOf({ multiValueHeaders: { Cookie: ['a=1; b=2', 'c=3'] } });
  expect(cookies).toEqual(['a=1', 'b=2', 'c=3']);
  expect(headers).toEqual({});
});

test('a body is bytes', () => {
  const bytes = Buffer.from([0, 255, 10]);
  const body = bytes.toString('base64');
  expect(requestOf({ body, isBase64Encoded: true }).body).toEqual(bytes);
  expect(requestOf({ body: 'ü' }).body).toEqual(Buffer.from('ü'));
  expect(requestOf({}).body).toBeUndefined();
});
