import { expect, test } from 'vitest';
import { mappingFor } from '#core/proxy/answer/links.ts';
import { requestHeaders } from '#core/proxy/answer/request-headers.ts';
import { responseHeaders } from '#core/proxy/answer/response-headers.ts';
import type { ProxyRoute } from '#core/proxy/url/route-table.ts';
import { okta, someRoutes } from '../../support/routes.ts';

const routes = someRoutes({
  path: '/bff/api/v1/*',
  upstream: `${okta}/api/v1`,
  requestHeaders: ['x-mine'],
  responseHeaders: ['x-theirs'],
});
const route = routes.find('/bff/api/v1/users')?.route as ProxyRoute;

const sent = (given: Record<string, string>, hasBody = true) =>
  requestHeaders(route.requestHeader, given, hasBody);

test('the headers of the allow-list go upstream, and those that the route adds', () => {
  const given = {
    accept: 'application/json',
    'accept-language': 'de',
    'content-type': 'application/json; charset=utf-8',
    'if-match': '"1"',
    'if-none-match': 'W/"1", "2"',
    'if-modified-since': 'Sat, 21 Nov 2026 00:00:00 GMT',
    'user-agent': 'Mozilla/5.0 (a user)',
    prefer: 'return=minimal',
    range: 'bytes=0-9',
    'x-okta-user-agent-extended': 'okta-auth-js/7',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'x-mine': 'yes',
  };
  expect(sent(given)).toEqual({ ...given, 'accept-encoding': 'identity' });
});

test('no other header goes upstream', () => {
  const given = {
    authorization: 'Bearer x',
    cookie: '__Host-Http-bff=secret',
    dpop: 'proof',
    host: 'evil.example',
    origin: 'https://app.example',
    referer: 'https://app.example/x',
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'evil.example',
    'x-original-url': '/admin',
    'x-rewrite-url': '/admin',
    'x-http-method-override': 'DELETE',
    'x-bff-csrf': '1',
    'sec-fetch-site': 'same-origin',
    'proxy-authorization': 'Basic x',
    'transfer-encoding': 'chunked',
    'content-length': '5',
    connection: 'keep-alive',
    te: 'trailers',
    trailer: 'x',
    upgrade: 'websocket',
    expect: '100-continue',
    'accept-encoding': 'gzip',
    'content-encoding': 'gzip',
    if_match: '"1"',
    content_type: 'text/plain',
    via: '1.1 x',
    'x-amzn-trace-id': 'Root=1',
  };
  expect(sent(given)).toEqual({ 'accept-encoding': 'identity' });
});

test('what Connection names stays with this hop', () => {
  expect(sent({ connection: 'close, If-Match', 'if-match': '"1"', accept: '*/*' })).toEqual({
    accept: '*/*',
    'accept-encoding': 'identity',
  });
});

test('a range is not sent without its condition: the whole is never wrong', () => {
  const given = { range: 'bytes=5-', 'if-range': '"1"' };
  expect(sent(given)).toEqual({ 'accept-encoding': 'identity' });
  const more = someRoutes({
    path: '/bff/api/v1/*',
    upstream: `${okta}/api/v1`,
    requestHeaders: ['if-range'],
  }).find('/bff/api/v1/users')?.route as ProxyRoute;
  expect(requestHeaders(more.requestHeader, given, false)).toMatchObject(given);
});

test('a content type without a body is not sent', () => {
  expect(sent({ 'content-type': 'application/json' }, false)).toEqual({
    'accept-encoding': 'identity',
  });
});

test.each(['a\r\nx-evil: 1', 'a\nb', 'a\u0000', '\u2028', '😀'])(
  'a value that no header can hold is bad_request: %j',
  (value) => {
    expect(() => sent({ accept: value })).toThrow(expect.objectContaining({ code: 'bad_request' }));
  },
);

const map = mappingFor(routes, route, new URL(`${okta}/api/v1/users`));

const received = (lines: [string, string][], status = 200, now = 0) =>
  responseHeaders(route.responseHeader, { link: map, location: map }, { status, lines, now });

test('the headers of the allow-list come back, and those that the route adds', () => {
  const lines: [string, string][] = [
    ['content-type', 'application/json'],
    ['content-disposition', 'attachment; filename="a.csv"'],
    ['content-language', 'de'],
    ['content-range', 'bytes 0-9/100'],
    ['etag', 'W/"1"'],
    ['last-modified', 'Sat, 21 Nov 2026 00:00:00 GMT'],
    ['retry-after', '7'],
    ['x-okta-request-id', 'abc'],
    ['x-rate-limit-limit', '600'],
    ['x-rate-limit-remaining', '599'],
    ['x-rate-limit-reset', '1700000000'],
    ['x-theirs', 'yes'],
  ];
  expect(received(lines)).toEqual(Object.fromEntries(lines));
});

test('no other header comes back', () => {
  expect(
    received([
      ['set-cookie', 'sid=1'],
      ['set-cookie', '__Host-Http-bff=stolen; Path=/; Secure; HttpOnly'],
      ['set-cookie2', 'x'],
      ['www-authenticate', 'DPoP error="use_dpop_nonce"'],
      ['dpop-nonce', 'n'],
      ['access-control-allow-origin', '*'],
      ['clear-site-data', '"*"'],
      ['refresh', '0; url=https://evil.example'],
      ['strict-transport-security', 'max-age=0'],
      ['cache-control', 'public, max-age=60'],
      ['expires', 'x'],
      ['content-length', '5'],
      ['content-encoding', 'gzip'],
      ['transfer-encoding', 'chunked'],
      ['connection', 'close'],
      ['keep-alive', 'timeout=5'],
      ['server', 'nginx'],
      ['p3p', 'CP=x'],
      ['content-security-policy', "script-src 'unsafe-inline'"],
      ['x-frame-options', 'ALLOWALL'],
      ['service-worker-allowed', '/'],
      ['location', 'https://evil.example/'],
      ['link', '<https://evil.example/>; rel="next"'],
    ]),
  ).toEqual({});
});

test('lines of one name are joined; of a header that may come once, the first line counts', () => {
  expect(
    received([
      ['x-theirs', 'a'],
      ['x-theirs', 'b'],
      ['content-type', 'application/json'],
      ['content-type', 'text/html'],
      ['location', 'https://evil.example/'],
      ['location', `${okta}/api/v1/users/2`],
    ]),
  ).toEqual({ 'x-theirs': 'a, b', 'content-type': 'application/json' });
});

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

test.each([
  ['attachment; filename="Prüfung.csv"', "attachment; filename*=UTF-8''Pr%C3%BCfung.csv"],
  [
    "inline; filename=Žofie's(1).csv; x=1",
    "inline; filename*=UTF-8''%C5%BDofie%27s%281%29.csv; x=1",
  ],
  [
    'attachment; filename="a \\"b\\" 😀"',
    "attachment; filename*=UTF-8''a%20%22b%22%20%F0%9F%98%80",
  ],
  [
    'attachment; filename="Ž.csv"; filename*=UTF-8\'\'%C5%BD.csv',
    "attachment; filename*=UTF-8''%C5%BD.csv",
  ],
  ['attachment; filename="a.csv"', 'attachment; filename="a.csv"'],
])('RFC 6266: the file name of %s arrives, in ASCII', (given, expected) => {
  const line: [string, string][] = [['content-disposition', latin1(given)]];
  expect(received(line)).toEqual({ 'content-disposition': expected });
});

test('a file name in Latin-1 arrives, too', () => {
  expect(received([['content-disposition', 'attachment; filename=Pr\xfc.csv']])).toEqual({
    'content-disposition': "attachment; filename*=UTF-8''Pr%C3%BC.csv",
  });
});

test('text beyond ASCII arrives as text, or as its bytes where a gateway could not take it', () => {
  expect(received([['x-theirs', 'caf\xe9']])).toEqual({ 'x-theirs': 'café' });
  expect(received([['x-theirs', latin1('café')]])).toEqual({ 'x-theirs': 'café' });
  for (const text of ['Žofie', 'a\u2028b', '😀']) {
    expect(received([['x-theirs', latin1(text)]])).toEqual({ 'x-theirs': latin1(text) });
  }
  expect(received([['link', latin1(`<${okta}/api/v1/x>; title="é"`)]])).toEqual({
    link: '</bff/api/v1/x>; title="é"',
  });
});

test('a 429 says when to try again', () => {
  const now = 1_700_000_000_000;
  const limit: [string, string][] = [['x-rate-limit-reset', '1700000042']];
  expect(received(limit, 429, now)['retry-after']).toBe('42');
  expect(received([['retry-after', '5'], ...limit], 429, now)['retry-after']).toBe('5');
  expect(received([], 429, now)['retry-after']).toBe('1');
  expect(received([['x-rate-limit-reset', 'soon']], 429, now)['retry-after']).toBe('1');
  expect(received([['x-rate-limit-reset', '1600000000']], 429, now)['retry-after']).toBe('1');
  expect(received(limit, 200, now)['retry-after']).toBeUndefined();
});
