import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePath } from '#core/proxy/url/paths.ts';
import type { RouteTable } from '#core/proxy/url/route-table.ts';
import { type AskedFor, targetOf } from '#core/proxy/url/target.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { holds } from '#test/support/holds.ts';
import { okta, someRoutes } from '../../../support/routes.ts';

type RouteInput = NonNullable<ConfigInput['routes']>[number];

const asked = (path: string, over: Partial<AskedFor> = {}): AskedFor => ({
  method: 'GET',
  path,
  rawQuery: '',
  body: undefined,
  ...over,
});

const outcome = (routes: RouteTable, path: string, over: Partial<AskedFor> = {}): string => {
  try {
    const { url, pathAndQuery } = targetOf(routes, asked(path, over));
    return url.origin + pathAndQuery;
  } catch (fault) {
    return (fault as { code: string }).code;
  }
};

const api = someRoutes({
  path: '/bff/api/v1/*',
  upstream: `${okta}/api/v1`,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  // Its own denials alone.
  deny: ['/sessions*', '/authn', '*/credentials/secrets*'],
  allowSecrets: true,
});

test.each([
  ['/bff/api/v1/users', '/api/v1/users'],
  ['/bff/api/v1/users/', '/api/v1/users/'],
  ['/bff/api/v1/', '/api/v1/'],
  ['/bff/api/v1/users/a@b.example', '/api/v1/users/a@b.example'],
  ['/bff/api/v1/it’s', '/api/v1/it%E2%80%99s'],
  ["/bff/api/v1/it's", "/api/v1/it's"],
  ['/bff/api/v1/a b', '/api/v1/a%20b'],
  ['/bff/api/v1/é', '/api/v1/%C3%A9'],
  ['/bff/api/v1/😀', '/api/v1/%F0%9F%98%80'],
  ['/bff/api/v1/~x-._', '/api/v1/~x-._'],
  ['/bff/api/v1/a+b', '/api/v1/a+b'],
  ['/bff/api/v1/+1555', '/api/v1/+1555'],
  ['/bff/api/v1/+', '/api/v1/+'],
  ['/bff/api/v1/c++/x', '/api/v1/c++/x'],
  ['/bff/api/v1/a:b;c=d,e&f=g!$*()', '/api/v1/a:b;c=d,e&f=g!$*()'],
  ['/bff/api/v1/100%', '/api/v1/100%25'],
  ['/bff/api/v1/5%x', '/api/v1/5%25x'],
  ['/bff/api/v1/{id}|^`"<>[]', '/api/v1/%7Bid%7D%7C%5E%60%22%3C%3E%5B%5D'],
  ['/bff/api/v1/...a', '/api/v1/...a'],
  ['/bff/api/v1/.well-known', '/api/v1/.well-known'],
  ['/bff/api/v1/@evil.example', '/api/v1/@evil.example'],
  ['/bff/api/v1/https:', '/api/v1/https:'],
])('%s is sent as %s', (path, sent) => {
  expect(outcome(api, path)).toBe(okta + sent);
});

// As an HTTP API hands them over, percent-decoded once.
test.each([
  ['a dot segment', '/bff/api/v1/../x'],
  ['a single dot', '/bff/api/v1/./x'],
  ['a dot segment at the end', '/bff/api/v1/users/..'],
  ['a dot segment behind parameters', '/bff/api/v1/..;/admin'],
  ['a dot segment with parameters', '/bff/api/v1/..;a=b/admin'],
  ['a dot segment with spaces', '/bff/api/v1/.. /x'],
  ['a dot segment behind a space', '/bff/api/v1/ ../x'],
  ['three dots', '/bff/api/v1/.../x'],
  ['an escaped dot segment', '/bff/api/v1/%2e%2e/x'],
  ['half an escaped dot segment', '/bff/api/v1/.%2E/x'],
  ['a twice escaped dot segment', '/bff/api/v1/%252e%252e/x'],
  ['an escaped slash that is left', '/bff/api/v1/..%2fx'],
  ['an escaped backslash that is left', '/bff/api/v1/%5c..'],
  ['any escape that is left', '/bff/api/v1/%41dmin'],
  ['an escape as IIS knows them', '/bff/api/v1/%u002e%u002e/x'],
  ['a backslash', '/bff/api/v1/..\\x'],
  ['a backslash alone', '/bff/api/v1/a\\b'],
  ['an empty segment', '/bff/api/v1//evil.example'],
  ['an empty segment at the end', '/bff/api/v1/users//'],
  ['an empty segment in front', '//bff/api/v1/users'],
  ['a segment of parameters only', '/bff/api/v1/;x/users'],
  ['a segment of a space only', '/bff/api/v1/ /users'],
  ['a dot segment behind a plus, which may be a space', '/bff/api/v1/+../x'],
  ['a dot segment before a plus', '/bff/api/v1/..+/x'],
  ['a question mark', '/bff/api/v1/users?x=1'],
  ['a hash', '/bff/api/v1/users#x'],
  ['a tab', '/bff/api/v1/us\ters'],
  ['a line break', '/bff/api/v1/users\r\nx: y'],
  ['a NUL', '/bff/api/v1/users\u0000.json'],
  ['a DEL', '/bff/api/v1/users\u007f'],
  ['a C1 control', '/bff/api/v1/users\u0085'],
  ['a line separator', '/bff/api/v1/users\u2028'],
  ['full-width dots', '/bff/api/v1/\uff0e\uff0e/x'],
  ['one-dot leaders', '/bff/api/v1/\u2024\u2024/x'],
  ['a two-dot leader', '/bff/api/v1/\u2025/x'],
  ['small full stops', '/bff/api/v1/\ufe52\ufe52/x'],
  ['ideographic full stops', '/bff/api/v1/\u3002\u3002/x'],
  ['dots around something invisible', '/bff/api/v1/.\u200b./x'],
  ['dots around a soft hyphen', '/bff/api/v1/.\u00ad./x'],
  ['a full-width slash', '/bff/api/v1/a\uff0fb'],
  ['a full-width backslash', '/bff/api/v1/a\uff3cb'],
  ['a full-width percent sign', '/bff/api/v1/\uff052e'],
  ['a full-width question mark', '/bff/api/v1/a\uff1fb'],
  ['a division slash', '/bff/api/v1/a\u2215b'],
  ['a fraction slash', '/bff/api/v1/a\u2044b'],
  ['account of', '/bff/api/v1/\u2100'],
  ['bytes that were not UTF-8', '/bff/api/v1/..\ufffd'],
  ['half a surrogate pair', '/bff/api/v1/\ud83d'],
  ['an absolute URL in place of a path', 'https://evil.example/bff/api/v1/users'],
  ['an absolute URL below', '/bff/api/v1/https://evil.example/'],
  ['no path', ''],
  ['no slash', 'bff/api/v1/users'],
])('%s is bad_path', (_what, path) => {
  expect(outcome(api, path)).toBe('bad_path');
});

test.each([
  '/bff/api/v1',
  '/bff/api/v2/users',
  '/bff/api/v11/users',
  '/bff/api/v1evil.example/users',
  '/bff/api/v1@evil.example/users',
  '/bff/api/V1/users',
  '/bff/api/v1;x/users',
  '/bff/api/',
  '/bff/api',
  '/BFF/api/v1/users',
  '/',
])('%s has no route', (path) => {
  expect(outcome(api, path)).toBe('no_route');
});

test.each([
  '/bff/api/v1/sessions',
  '/bff/api/v1/sessions/',
  '/bff/api/v1/sessions/me',
  '/bff/api/v1/SESSIONS/me',
  '/bff/api/v1/sessions;a=b/me',
  '/bff/api/v1/ sessions/me',
  '/bff/api/v1/\uff53essions',
  '/bff/api/v1/\u017fessions',
  '/bff/api/v1/sess\u00adions',
  '/bff/api/v1/authn',
  '/bff/api/v1/authn/',
  '/bff/api/v1/authn;x',
  '/bff/api/v1/authn ',
  '/bff/api/v1/authn.',
  '/bff/api/v1/authn. .',
  '/bff/api/v1/+authn',
  '/bff/api/v1/authn+;x',
  '/bff/api/v1/sess\u0130ons/me',
  '/bff/api/v1/sessI\u0307ons/me',
  '/bff/api/v1/+sessions./me',
  '/bff/api/v1/apps/0oa/credentials/secrets',
  '/bff/api/v1/apps/0oa/credentials;x/secrets;y/1',
])('deny patterns hold, case and disguise aside: %s', (path) => {
  expect(outcome(api, path)).toBe('no_route');
});

test.each(['/bff/api/v1/users/sessions', '/bff/api/v1/authn2', '/bff/api/v1/authn/x'])(
  'deny patterns deny only what they say: %s',
  (path) => {
    expect(outcome(api, path)).toBe(okta + path.slice('/bff'.length));
  },
);

test('the query goes on byte for byte', () => {
  for (const rawQuery of [
    'a=1&a=2&b=&c',
    'q=a+b%20c',
    "filter=name eq 'x'".replaceAll(' ', '%20'),
    '?x=/../&y=%2e%2e',
    'a="<>"&b=|^`{}\\',
    '&&&',
    'after=opaque,cursor%2C==',
    '%zz',
  ]) {
    expect(outcome(api, '/bff/api/v1/users', { rawQuery })).toBe(
      `${okta}/api/v1/users?${rawQuery}`,
    );
  }
  expect(outcome(api, '/bff/api/v1/users', { rawQuery: '' })).toBe(`${okta}/api/v1/users`);
});

test.each(['a b', 'a\tb', 'a\r\nHost: evil.example', 'a#b', 'a\u0000', 'é', '\u007f'])(
  'a query that would not survive the wire is bad_path: %j',
  (rawQuery) => {
    expect(outcome(api, '/bff/api/v1/users', { rawQuery })).toBe('bad_path');
  },
);

test('htu is the URL that is sent, without the query', () => {
  const { url, pathAndQuery } = targetOf(api, asked('/bff/api/v1/users/a b', { rawQuery: 'q=1' }));
  expect(url.href).toBe(`${okta}/api/v1/users/a%20b`);
  expect(pathAndQuery).toBe('/api/v1/users/a%20b?q=1');
});

test('the upstream URL is canonical, however it was configured', () => {
  const odd = someRoutes(
    { path: '/bff/api/a/*', upstream: 'https://API.Example:443/base/' },
    { path: '/bff/api/b/*', upstream: 'http://127.0.0.1:8080/x' },
    { path: '/bff/api/c/*', upstream: 'http://[::1]:8080/x%20y' },
    { path: '/bff/api/d', upstream: 'https://api.example', wholeHost: true },
    { path: '/bff/api/e', upstream: 'https://api.example/only/this' },
    { path: '/bff/api/f/*', upstream: 'https://api.example', wholeHost: true },
  );
  expect(outcome(odd, '/bff/api/a/x')).toBe('https://api.example/base/x');
  expect(outcome(odd, '/bff/api/b/x')).toBe('http://127.0.0.1:8080/x/x');
  expect(outcome(odd, '/bff/api/c/x')).toBe('http://[::1]:8080/x%20y/x');
  expect(outcome(odd, '/bff/api/d')).toBe('https://api.example/');
  expect(outcome(odd, '/bff/api/d/x')).toBe('no_route');
  expect(outcome(odd, '/bff/api/e')).toBe('https://api.example/only/this');
  expect(outcome(odd, '/bff/api/e/')).toBe('no_route');
  expect(outcome(odd, '/bff/api/f/x/y')).toBe('https://api.example/x/y');
});

test('the longest prefix wins, and an exact route before what is below it', () => {
  const routes = someRoutes(
    { path: '/bff/api/*', upstream: 'https://api.example/all' },
    { path: '/bff/api/v1/*', upstream: 'https://api.example/v1' },
    { path: '/bff/api/v1/users', upstream: 'https://api.example/users-only' },
    { path: '/bff/api/v1/users/*', upstream: 'https://api.example/users' },
  );
  expect(outcome(routes, '/bff/api/v1/users')).toBe('https://api.example/users-only');
  expect(outcome(routes, '/bff/api/v1/users/1')).toBe('https://api.example/users/1');
  expect(outcome(routes, '/bff/api/v1/apps')).toBe('https://api.example/v1/apps');
  expect(outcome(routes, '/bff/api/v1')).toBe('https://api.example/all/v1');
  expect(outcome(routes, '/bff/api/v12')).toBe('https://api.example/all/v12');
});

test('no spelling of a path takes another route than its plain one', () => {
  const routes = someRoutes(
    { path: '/bff/api/v1/*', upstream: 'https://api.example/v1', methods: ['GET', 'DELETE'] },
    { path: '/bff/api/v1/admin/*', upstream: 'https://api.example/v1/admin', methods: ['GET'] },
    { path: '/bff/api/v1/Reports/*', upstream: 'https://api.example/v1/Reports', methods: ['GET'] },
  );
  for (const path of [
    'admin;x/1',
    'ADMIN/1',
    'admin /1',
    'admin./1',
    '+admin/1',
    'adm\u0130n/1',
    '\uff41dmin/1',
    'reports/1',
  ]) {
    expect(outcome(routes, `/bff/api/v1/${path}`, { method: 'DELETE' })).toBe('bad_path');
  }
  expect(outcome(routes, '/bff/api/v1/admin/x;y=Z')).toBe('https://api.example/v1/admin/x;y=Z');
  expect(outcome(routes, '/bff/api/v1/Reports/Q1')).toBe('https://api.example/v1/Reports/Q1');
  expect(outcome(routes, '/bff/api/v1/Other;x/1', { method: 'DELETE' })).toBe(
    'https://api.example/v1/Other;x/1',
  );
});

test('the methods are those of the route, and the answer names them', () => {
  const routes = someRoutes({ path: '/bff/api/v1/*', upstream: `${okta}/api/v1` });
  for (const method of ['POST', 'TRACE', 'CONNECT', 'OPTIONS', 'PROPFIND', 'QUERY', 'G ET', '']) {
    expect(() => targetOf(routes, asked('/bff/api/v1/users', { method }))).toThrow(
      expect.objectContaining({ code: 'method_not_allowed', headers: { allow: 'GET, HEAD' } }),
    );
  }
});

test('the method is sent in upper case', () => {
  expect(targetOf(api, asked('/bff/api/v1/users', { method: 'patch' })).method).toBe('PATCH');
});

test('GET and HEAD have no body, and an empty one is none', () => {
  const body = Buffer.from('x');
  expect(outcome(api, '/bff/api/v1/users', { body })).toBe('bad_request');
  expect(outcome(api, '/bff/api/v1/users', { body, method: 'HEAD' })).toBe('bad_request');
  expect(outcome(api, '/bff/api/v1/users', { body: new Uint8Array() })).toBe(
    `${okta}/api/v1/users`,
  );
});

test('4,400,000 bytes are sent, and one more is refused', () => {
  const post = (bytes: number) =>
    outcome(api, '/bff/api/v1/users', { method: 'POST', body: new Uint8Array(bytes) });
  expect(post(4_400_000)).toBe(`${okta}/api/v1/users`);
  expect(post(4_400_001)).toBe('body_too_large');
});

const secretBearing = [
  '/oauth2',
  '/oauth2/',
  '/oauth2/v1/token',
  '/OAuth2/default/v1/token',
  '/oauth2/v1/userinfo/x',
  '/oauth2/a/b/v1/userinfo',
  '/oauth2;x/v1/token',
  '/oauth2/v1/clients',
  '/api/v1/sessions/me',
  '/api/v1/api-tokens',
  '/api/v1/authn',
  '/api/v1/authn/factors',
  '/api/v1/apps',
  '/api/v1/apps/0oa',
  '/api/v1/Apps;x/0oa',
  '/api/v1/apps/0oa/credentials/secrets/1',
  '/api/v1/idps',
  '/api/v1/idps/0oi/credentials/csrs',
  '/api/v1/users/00u/clients/0oa/tokens',
  '/api/v1/authorizationServers/aus/clients/0oa/tokens',
];

const hosts = [
  okta,
  'https://acme-admin.okta.example',
  'https://acme.okta.example.',
  'https://login.acme.example',
  'https://gateway.example/okta',
];

test.each(hosts)(
  'a path of Okta that returns secrets stays closed, whatever the host: %s',
  (host) => {
    const denying: RouteInput[] = [{}, { deny: [] }, { deny: ['/logs*'] }].map((own, i) => ({
      path: `/bff/api/${i}/*`,
      upstream: host,
      wholeHost: true,
      ...own,
    }));
    const routes = someRoutes(...denying);
    for (const i of denying.keys()) {
      for (const path of secretBearing) {
        expect(outcome(routes, `/bff/api/${i}${path}`), path).toBe('no_route');
      }
      for (const path of ['/api/v1/users', '/api/v1/users/me/appLinks', '/api/v1/groups/1/apps']) {
        expect(outcome(routes, `/bff/api/${i}${path}`)).toBe(host + path);
      }
    }
    expect(outcome(routes, '/bff/api/2/logs')).toBe('no_route');
  },
);

test('the user’s own claims are not secret', () => {
  const whole = someRoutes({ path: '/bff/api/*', upstream: okta, wholeHost: true });
  for (const path of [
    '/oauth2/v1/userinfo',
    '/oauth2/default/v1/userinfo',
    // Cognito has it there.
    '/oauth2/userInfo',
  ]) {
    expect(outcome(whole, `/bff/api${path}`)).toBe(okta + path);
  }
});

test('the denial of secrets is about the upstream’s path, however a route cuts it', () => {
  const cut = someRoutes(
    { path: '/bff/api/o/*', upstream: `${okta}/oauth2` },
    { path: '/bff/api/s/*', upstream: `${okta}/api/v1/sessions` },
    { path: '/bff/api/a/*', upstream: `${okta}/api/v1/apps` },
    { path: '/bff/api/t', upstream: `${okta}/oauth2/v1/token`, methods: ['POST'] },
    { path: '/bff/api/me', upstream: `${okta}/oauth2/v1/userinfo` },
  );
  expect(outcome(cut, '/bff/api/o/v1/token')).toBe('no_route');
  expect(outcome(cut, '/bff/api/o/v1/userinfo')).toBe(`${okta}/oauth2/v1/userinfo`);
  expect(outcome(cut, '/bff/api/s/me')).toBe('no_route');
  expect(outcome(cut, '/bff/api/a/0oa')).toBe('no_route');
  expect(outcome(cut, '/bff/api/t', { method: 'POST' })).toBe('no_route');
  expect(outcome(cut, '/bff/api/me')).toBe(`${okta}/oauth2/v1/userinfo`);
});

test.each([
  'https://acme.okta.example/%61pi/v1',
  'https://acme.okta.example/%2561pi/v1',
  'https://acme.okta.example/api%2Fv1',
  'https://acme.okta.example/api//v1',
  'https://acme.okta.example//api/v1//',
])('the denial of secrets reads the path of %s as a server does', (upstream) => {
  const routes = someRoutes({ path: '/bff/api/v1/*', upstream });
  expect(outcome(routes, '/bff/api/v1/sessions/me')).toBe('no_route');
  expect(outcome(routes, '/bff/api/v1/apps')).toBe('no_route');
  expect(outcome(routes, '/bff/api/v1/users')).toBe(`${upstream.replace(/\/+$/, '')}/users`);
});

test('only allowSecrets opens them, and a deny of the route’s own still holds', () => {
  const open = someRoutes({
    path: '/bff/api/*',
    upstream: okta,
    wholeHost: true,
    allowSecrets: true,
    deny: ['/api/v1/sessions*'],
  });
  for (const path of ['/oauth2/v1/clients', '/api/v1/apps/0oa', '/api/v1/idps']) {
    expect(outcome(open, `/bff/api${path}`)).toBe(okta + path);
  }
  expect(outcome(open, '/bff/api/api/v1/sessions/me')).toBe('no_route');
});

test('paths of other shapes are not Okta’s', () => {
  const own = someRoutes({ path: '/bff/api/own/*', upstream: 'https://api.example/v2' });
  for (const path of ['/sessions/me', '/apps', '/idps/1', '/orders/1/clients/2/tokens']) {
    expect(outcome(own, `/bff/api/own${path}`)).toBe(`https://api.example/v2${path}`);
  }
});

test('without a configured route, Okta’s /api/v1 can be read', () => {
  const routes = someRoutes();
  expect(outcome(routes, '/bff/api/v1/users')).toBe(`${okta}/api/v1/users`);
  expect(outcome(routes, '/bff/api/v1/users', { method: 'POST' })).toBe('method_not_allowed');
  expect(outcome(routes, '/bff/api/v1/sessions/me')).toBe('no_route');
  expect(outcome(routes, '/bff/api/v1/apps')).toBe('no_route');
  expect(outcome(routes, '/bff/api/oauth2/v1/token')).toBe('no_route');
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        '.',
        '..',
        '/',
        '\\',
        '%2e',
        '%2f',
        ';',
        ' ',
        '@',
        ':',
        '?',
        '#',
        'a',
        '\uff0e',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

test('any path is refused, or becomes one URL below the upstream that every parser leaves unchanged', async () => {
  await holds(
    fc.property(text, text, (below, rawQuery) => {
      const result = outcome(api, `/bff/api/v1/${below}`, { rawQuery });
      if (!result.includes('/')) return;
      expect(result.startsWith(`${okta}/api/v1/`)).toBe(true);
      const path = result.split('?')[0] as string;
      expect(new URL(path).href).toBe(path);
      expect(decodeURIComponent(path.slice(`${okta}/api/v1/`.length))).toBe(below);
      expect(result.slice(path.length)).toBe(rawQuery === '' ? '' : `?${rawQuery}`);
    }),
    { numRuns: 2_000 },
  );
});

test('encoding a path and decoding it are inverse', async () => {
  await holds(
    fc.property(fc.string({ unit: 'grapheme' }), (path) => {
      const encoded = encodePath(path);
      expect(encoded).toMatch(/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$/);
      if (!/%[0-9a-f]{2}/i.test(path)) expect(decodeURIComponent(encoded)).toBe(path);
    }),
  );
});
