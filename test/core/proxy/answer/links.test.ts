import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mappedJson } from '#core/proxy/answer/json-links.ts';
import { mappedLinks } from '#core/proxy/answer/link-header.ts';
import { mappingBeside, mappingFor } from '#core/proxy/answer/links.ts';
import type { ProxyRoute } from '#core/proxy/url/route-table.ts';
import { targetOf } from '#core/proxy/url/target.ts';
import { holds } from '#test/support/holds.ts';
import { okta, someRoutes } from '../../../support/routes.ts';

const routes = someRoutes(
  { path: '/bff/api/v1/*', upstream: `${okta}/api/v1`, deny: ['/sessions*'] },
  { path: '/bff/api/me', upstream: `${okta}/oauth2/v1/userinfo` },
  { path: '/bff/api/shop/*', upstream: 'https://shop.example', wholeHost: true },
);
const used = routes.find('/bff/api/v1/users')?.route as ProxyRoute;
const map = mappingFor(routes, used, new URL(`${okta}/api/v1/users`));

test.each([
  [`${okta}/api/v1/users?after=x`, '/bff/api/v1/users?after=x'],
  [`${okta}/api/v1/users/`, '/bff/api/v1/users/'],
  [`${okta}:443/api/v1/users`, '/bff/api/v1/users'],
  ['HTTPS://ACME.okta.example/api/v1/users', '/bff/api/v1/users'],
  [`${okta}/api/v1/a%20b/%C3%A9`, '/bff/api/v1/a%20b/%C3%A9'],
  [
    `${okta}/api/v1/users?q=a%2Cb,c;d='"<>|&e=%7e#top`,
    `/bff/api/v1/users?q=a%2Cb,c;d='"<>|&e=%7e#top`,
  ],
  ['/api/v1/groups', '/bff/api/v1/groups'],
  ['?after=x', '/bff/api/v1/users?after=x'],
  ['users/1', '/bff/api/v1/users/1'],
  ['//acme.okta.example/api/v1/logs', '/bff/api/v1/logs'],
])('%s is %s', (reference, ours) => {
  expect(map(reference)).toBe(ours);
});

test.each([
  ['another origin', 'https://evil.example/api/v1/users'],
  ['another route', `${okta}/oauth2/v1/userinfo`],
  ['another route’s origin', 'https://shop.example/basket?x'],
  ['another scheme', 'http://acme.okta.example/api/v1/users'],
  ['another port', `${okta}:8443/api/v1/users`],
  ['a host that only begins alike', 'https://acme.okta.example.evil.example/api/v1/users'],
  ['another path', `${okta}/api/v2/users`],
  ['a path that only begins alike', `${okta}/api/v1evil`],
  ['the prefix itself', `${okta}/api/v1`],
  ['a denied path', `${okta}/api/v1/sessions/me`],
  ['a path that leads out', `${okta}/api/v1/../oauth2/v1/token`],
  ['credentials', 'https://user:pass@acme.okta.example/api/v1/users'],
  ['a script', 'javascript:alert(1)'],
  ['data', 'data:text/html,x'],
  ['an encoded slash', `${okta}/api/v1/a%2Fb`],
  ['a twice encoded dot', `${okta}/api/v1/%252e%252e/x`],
  ['broken escapes', `${okta}/api/v1/%ff`],
  ['a backslash', `${okta}\\api\\v1\\users`],
  ['a space', `${okta}/api/v1/users x`],
  ['a line break', `${okta}/api/v1/users\r\nx`],
  ['a fragment alone, whose query is another’s', '#top'],
  ['nothing', ''],
])('%s has no path of ours: %s', (_what, reference) => {
  expect(map(reference)).toBeUndefined();
});

test('a path of ours leads to the URL that it stands for', async () => {
  const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
  const query = fc.stringMatching(/^[\x21\x22\x24-\x5b\x5d-\x7e]{0,30}$/);
  await holds(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 3 }), query, (segments, rawQuery) => {
      const path = segments.map(encodeURIComponent).join('/');
      const there = `${okta}/api/v1/${path}${rawQuery && `?${rawQuery}`}`;
      const ours = map(there);
      if (ours === undefined) return;
      const [ourPath, ...rest] = ours.split('?');
      const { url, pathAndQuery } = targetOf(routes, {
        method: 'GET',
        path: decodeURIComponent(ourPath as string),
        rawQuery: rest.join('?'),
        body: undefined,
      });
      expect(decodeURIComponent(url.pathname)).toBe(decodeURIComponent(new URL(there).pathname));
      expect(pathAndQuery.slice(url.pathname.length)).toBe(rawQuery && `?${rawQuery}`);
    }),
  );
});

test('of several routes to one place only the one in use is meant, and nothing that another would catch', () => {
  const several = someRoutes(
    { path: '/bff/api/a/*', upstream: `${okta}/api/v1` },
    { path: '/bff/api/b/*', upstream: `${okta}/api/v1` },
    { path: '/bff/api/b/users/*', upstream: 'https://users.example/u' },
  );
  const url = new URL(`${okta}/api/v1/x`);
  const from = (path: string, mapping = mappingFor) =>
    mapping(several, several.find(path)?.route as ProxyRoute, url);
  expect(from('/bff/api/a/x')(`${okta}/api/v1/logs`)).toBe('/bff/api/a/logs');
  expect(from('/bff/api/b/x')(`${okta}/api/v1/logs`)).toBe('/bff/api/b/logs');
  expect(from('/bff/api/b/x')(`${okta}/api/v1/users/1`)).toBeUndefined();
  expect(from('/bff/api/b/x', mappingBeside)(`${okta}/api/v1/users/1`)).toBe('/bff/api/a/users/1');
});

test('beside the route that was used are those of the same origin, and no others', () => {
  const beside = mappingBeside(routes, used, new URL(`${okta}/api/v1/users`));
  expect(beside(`${okta}/api/v1/users`)).toBe('/bff/api/v1/users');
  expect(beside(`${okta}/oauth2/v1/userinfo`)).toBe('/bff/api/me');
  expect(beside('https://shop.example/basket?x')).toBeUndefined();
});

test('Okta’s pagination is rewritten, one line per relation', () => {
  expect(mappedLinks(`<${okta}/api/v1/users?limit=2>; rel="self"`, map)).toBe(
    '</bff/api/v1/users?limit=2>; rel="self"',
  );
  expect(mappedLinks(`<${okta}/api/v1/users?after=00u,1==&limit=2>; rel="next"`, map)).toBe(
    '</bff/api/v1/users?after=00u,1==&limit=2>; rel="next"',
  );
});

test.each([
  [
    'several in one line',
    '</api/v1/a>; rel=self,</api/v1/b?c=1,2>;rel="next", </api/v1/c>',
    '</bff/api/v1/a>; rel=self, </bff/api/v1/b?c=1,2>;rel="next", </bff/api/v1/c>',
  ],
  [
    'quoted commas',
    '</api/v1/a>; title="x, y; z"; rel=next, </api/v1/b>',
    '</bff/api/v1/a>; title="x, y; z"; rel=next, </bff/api/v1/b>',
  ],
  [
    'a bracket in a quotation',
    '</api/v1/a>; title="x, <y>; z"; rel=next, </api/v1/b>',
    '</bff/api/v1/a>; rel=next, </bff/api/v1/b>',
  ],
  [
    'a quotation mark in a quotation',
    '</api/v1/a>; title="x \\" z"; rel=next, </api/v1/b>',
    '</bff/api/v1/a>; rel=next, </bff/api/v1/b>',
  ],
  [
    'parameters without a value',
    '</api/v1/a>; crossorigin; rel=next',
    '</bff/api/v1/a>; crossorigin; rel=next',
  ],
  [
    'links elsewhere',
    '<https://evil.example/>; rel=next, </api/v1/a>; rel=self',
    '</bff/api/v1/a>; rel=self',
  ],
  [
    'links about something else',
    '</api/v1/a>; rel=x; anchor="https://acme.okta.example/secret"',
    '',
  ],
  [
    'links that browsers follow by themselves',
    '</api/v1/a>; rel="x PreLoad"; as=script, </api/v1/b>;rel="pre\\load", </api/v1/c>; rel=self',
    '</bff/api/v1/c>; rel=self',
  ],
  ['a bracket in a target', '</api/v1/a?b=,</bff/api/shop/x>; rel=next', ''],
  ['what is no link', 'rel=next, </api/v1/a>', ''],
  ['what never ends', '</api/v1/a', ''],
  ['nothing', '', ''],
])('RFC 8288: %s', (_what, line, expected) => {
  expect(mappedLinks(line, map)).toBe(expected);
});

test('whatever the line, no reader finds a link in it that leads elsewhere', async () => {
  const part = fc.constantFrom(
    '<',
    '>',
    ';',
    ',',
    '"',
    "'",
    '\\',
    '=',
    ' ',
    'rel',
    ';rel=next',
    ', </bff/api/partner/x>; rel=next',
    `<${okta}/api/v1/x>`,
    'title="',
    'anchor',
  );
  await holds(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const line = mappedLinks(parts.join(''), map);
      for (const target of line.split('<').slice(1)) expect(target).toMatch(/^\/bff\/api\/v1\//);
    }),
    { numRuns: 2_000 },
  );
});

const json = (text: string) => mappedJson(text, okta, map);

test('absolute upstream URLs in JSON become paths of ours, and every other byte stays', () => {
  const text = `{ "id":12345678901234567890 ,"n":1.0e+2,
    "_links":{"self":{"href":"${okta}/api/v1/users/1"},"x":{"href":"https:\\/\\/acme.okta.example\\/api\\/v1\\/logs"}},
    "list":["${okta}/api/v1/a?b=c,d", "see ${okta}/api/v1/a", "https://evil.example/api/v1"],
    "${okta}/api/v1/name": "\\u0022${okta}\\"", "denied":"${okta}/api/v1/sessions/me" }`;
  expect(json(text)).toBe(`{ "id":12345678901234567890 ,"n":1.0e+2,
    "_links":{"self":{"href":"/bff/api/v1/users/1"},"x":{"href":"/bff/api/v1/logs"}},
    "list":["/bff/api/v1/a?b=c,d", "see ${okta}/api/v1/a", "https://evil.example/api/v1"],
    "${okta}/api/v1/name": "\\u0022${okta}\\"", "denied":"${okta}/api/v1/sessions/me" }`);
});

test('URI templates stay templates', () => {
  expect(json(`{"href":"${okta}/api/v1/users/{id}{?after}"}`)).toBe(
    '{"href":"/bff/api/v1/users/{id}{?after}"}',
  );
});

test.each([
  ['a brace that closes nothing', '/a}b', '/a}b'],
  ['a brace that is never closed', '/a{b', '/a{b'],
  ['an escaped brace beside a template', '/a%7Bb%7d/{id}', '/a%7Bb%7d/{id}'],
  ['only escaped braces', '/a%7Bb%7D', '/a%7Bb%7D'],
])('%s stays as the API wrote it', (_what, theirs, ours) => {
  expect(json(`{"href":"${okta}/api/v1${theirs}"}`)).toBe(`{"href":"/bff/api/v1${ours}"}`);
});

test('a body that mentions no upstream is the same text', async () => {
  await holds(
    fc.property(fc.json(), (text) => {
      expect(json(text)).toBe(text);
    }),
  );
});

test('a string that never ends is read once, however many quotes it holds', () => {
  // From each of them to the end it would be an hour.
  const text = `{"href":"${okta}/api/v1/x","cut":"${'\\"'.repeat(1_000_000)}`;
  expect(json(text)).toBe(text.replace(`${okta}/api/v1/x`, '/bff/api/v1/x'));
});

test('any JSON stays the same, except for the URLs', async () => {
  await holds(
    fc.property(fc.jsonValue(), fc.boolean(), (value, escaped) => {
      const text = JSON.stringify({ value, href: `${okta}/api/v1/x` });
      const given = escaped ? text.replaceAll('/', '\\/') : text;
      expect(JSON.parse(json(given))).toEqual(
        JSON.parse(JSON.stringify({ value, href: '/bff/api/v1/x' })),
      );
    }),
  );
});
