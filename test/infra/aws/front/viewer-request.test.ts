// The code as CloudFront gets it, run as CloudFront runs it: a script with one function `handler`.
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { brokerCode, pageCode } from '#infra/aws/front/viewer-request.ts';

const run = (code: string, uri: string, host = 'app.acme.com') =>
  runInNewContext(`${code}; handler(event)`, {
    event: { request: { uri, headers: { host: { value: host } } } },
  }) as { uri?: string; statusCode?: number; headers?: Record<string, { value: string }> };

describe('pages', () => {
  test.each([
    ['/', '/index.html'],
    ['/users', '/index.html'],
    ['/users/00u1/profile', '/index.html'],
    ['/users/', '/index.html'],
    ['/v1.2/notes', '/index.html'],
    ['/index.html', '/index.html'],
    ['/assets/main-3f2a.js', '/assets/main-3f2a.js'],
    ['/favicon.ico', '/favicon.ico'],
  ])('%s is answered with %s', (uri, file) => {
    expect(run(pageCode('app.acme.com'), uri).uri).toBe(file);
  });

  test('under another host lead to the public origin', () => {
    const answer = run(pageCode('app.acme.com'), '/users', 'd111.cloudfront.net');
    expect(answer.statusCode).toBe(308);
    expect(answer.headers?.location?.value).toBe('https://app.acme.com/users');
  });

  test('are served under any host while the distribution has no domain', () => {
    expect(run(pageCode(undefined), '/users', 'd111.cloudfront.net').uri).toBe('/index.html');
  });
});

describe('the broker', () => {
  test('does not answer under another host', () => {
    const answer = run(brokerCode('app.acme.com'), '/bff/session', 'd111.cloudfront.net');
    expect(answer).toMatchObject({
      statusCode: 421,
      headers: { 'cache-control': { value: 'no-store' } },
    });
  });

  test('gets the path as it came', () => {
    expect(run(brokerCode('app.acme.com'), '/bff/api/v1/users/a%20b').uri).toBe(
      '/bff/api/v1/users/a%20b',
    );
  });
});
