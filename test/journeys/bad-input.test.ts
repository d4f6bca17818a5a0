// Whatever comes in: a page or a problem with 4xx, never a 5xx, never a write, never a word of it in the answer.
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { holds } from '#test/support/holds.ts';
import { loginPrefix, running, sessionName } from '#test/support/running.ts';
import { untilCallback } from '#test/support/sign-in-steps.ts';

const run = running();

interface Raw {
  status: number;
  type: string;
  text: string;
}

/** Bytes as they are: the visitor's client would put some of them right. */
function raw(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Buffer) {
  const { hostname, port } = new URL(run.system.url);
  return new Promise<Raw | undefined>((resolve) => {
    const request = httpRequest(
      { hostname, port, path, headers, method, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: String(response.headers['content-type']).split(';')[0] ?? '',
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    // Refused by the HTTP server itself.
    request.on('error', () => resolve(undefined));
    request.end(body);
  });
}

/** Refused, in one of the two forms, and nothing was written. */
async function isRefused(what: () => Promise<Raw | undefined>) {
  const { result: answer, writes, signatures, okta } = await run.asked(what);
  expect({ writes, signatures, okta }).toEqual({ writes: 0, signatures: 0, okta: 0 });
  if (!answer) return;
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  return answer;
}

const asked = { 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' };
const marker = 'zqxmarker';

const queryOf = (pairs: [string, string][]) => {
  const query = new URLSearchParams();
  for (const [name, text] of pairs) query.append(name, text.toWellFormed());
  return query;
};

const nasty = [
  'x'.repeat(8192),
  '\u0000',
  '\u0001\u001f',
  '\r\nset-cookie: a=b',
  '‮evil',
  '\ud83d\ude00'.repeat(50),
  '<script>alert(1)</script>',
  '"\'><img src=x>',
  '%',
  '%zz',
  '%c0%af',
  '%25%32%35',
  '{"$ne":null}',
  '__proto__',
  "' OR 1=1 --",
  '../../etc/passwd',
  ';'.repeat(200),
];

describe('the query of', () => {
  const names = [
    'return_to',
    'prompt',
    'login_hint',
    'max_age',
    'acr_values',
    'ui_locales',
    'idp',
    marker,
  ];

  test.each([
    'return_to=%2F',
    'prompt=login',
    'login_hint=a',
    'max_age=1',
    'acr_values=a',
    'idp=a',
    'ui_locales=de',
  ])('/bff/login, with %s twice, is refused', async (pair) => {
    const answer = await isRefused(() => raw(`/bff/login?${pair}&${pair}`));
    expect([answer?.status, answer?.type]).toEqual([400, 'application/problem+json']);
  });

  test('/bff/login, whatever is in it, starts a sign-in or nothing, and is not repeated', async () => {
    const value = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 60 }));
    await holds(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names), value), { minLength: 1, maxLength: 4 }),
        async (pairs) => {
          const query = queryOf(pairs);
          const { result: answer, writes } = await run.asked(() => raw(`/bff/login?${query}`));
          if (!answer) return;
          expect([302, 400, 414, 431]).toContain(answer.status);
          if (answer.status !== 302) expect(writes).toBe(0);
          expect(answer.text).not.toContain(marker);
        },
      ),
      { numRuns: 120 },
    );
  });

  test.each(nasty)('/bff/callback: a state of %j is a dead end', async (value) => {
    const query = new URLSearchParams({
      state: value,
      code: value,
      error: value,
      error_description: `${value}${marker}`,
    });
    const answer = await isRefused(() => raw(`/bff/callback?${query}`));
    expect(answer?.text ?? '').not.toContain(marker);
  });

  test('/bff/callback, whatever is in it, is a dead end without its cookie', async () => {
    await holds(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.constantFrom('state', 'code', 'iss', 'error', marker),
            fc.string({ maxLength: 50 }),
          ),
          { maxLength: 5 },
        ),
        async (pairs) => {
          const query = queryOf(pairs);
          const answer = await isRefused(() => raw(`/bff/callback?${query}`));
          expect(answer?.text ?? '').not.toContain(marker);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('/bff/callback, with a value that no server sends, ends the sign-in and not the function', async () => {
    for (const value of nasty) {
      const ada = run.someone();
      const url = await untilCallback(ada);
      url.searchParams.set('code', value.slice(0, 4000));
      const answer = await ada.navigate(url.href, { until: () => true });
      expect([302, 400, 431]).toContain(answer.status);
      if (answer.status === 302)
        expect(answer.headers.location).toMatch(/^\/\?login_error=[a-z_]+$/);
      expect(ada.cookie(sessionName)).toBeUndefined();
    }
  });
});

describe('cookies', () => {
  let known: string;
  beforeAll(async () => {
    known = (await run.signedIn()).cookie(sessionName) ?? '';
  });

  test('of any form open nothing and write nothing', async () => {
    const name = fc.constantFrom(
      sessionName,
      `${loginPrefix}abcdefghij`,
      '__Host-Http-bff-tries',
      '__Host-Http-bff',
      'other',
    );
    // What an HTTP client lets through.
    const value = fc.stringMatching(/^[\x21-\x7e]{0,80}$/);
    const near = fc.constantFrom(
      known.slice(1),
      `${known}A`,
      known.toUpperCase(),
      `"${known}"`,
      `${known}=`,
      '',
    );
    await holds(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.oneof(value, near)), { maxLength: 6 }),
        async (pairs) => {
          const cookie = pairs.map(([key, text]) => `${key}=${text}`).join('; ');
          const { result: answer, writes } = await run.asked(() =>
            raw('/bff/session', { ...asked, cookie }),
          );
          if (!answer) return;
          expect([200, 400, 431]).toContain(answer.status);
          if (answer.status === 200)
            expect(JSON.parse(answer.text)).toEqual({ authenticated: false });
          expect(writes).toBe(0);
        },
      ),
      { numRuns: 120 },
    );
  });

  test('of 8 kB are refused or mean nothing', async () => {
    const { result: answer } = await run.asked(() =>
      raw('/bff/session', { ...asked, cookie: `${sessionName}=${'A'.repeat(8192)}` }),
    );
    expect([200, 431]).toContain(answer?.status);
    expect(answer?.text).not.toContain('AAAA');
  });

  test.each(['/bff/login', '/bff/callback', '/bff/session'])(
    'with the same name twice are refused by %s',
    async (path) => {
      const cookie = `${sessionName}=${known}; ${sessionName}=${'B'.repeat(43)}`;
      const answer = await isRefused(() => raw(path, { ...asked, cookie }));
      expect(answer?.status).toBe(400);
    },
  );
});

describe('what is posted', () => {
  const paths = [
    '/bff/backchannel-logout',
    '/bff/frontchannel-logout',
    '/bff/global-token-revocation',
  ];
  const types = ['application/x-www-form-urlencoded', 'application/json', 'text/plain', ''];
  const bodies = [
    Buffer.alloc(0),
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from('null'),
    Buffer.from('{"sub_id":'),
    Buffer.from('[]'),
    Buffer.from('{"sub_id":{"format":"email","email":{}}}'),
    Buffer.from(`logout_token=${'a.'.repeat(4000)}`),
    Buffer.from('logout_token=eyJhbGciOiJub25lIn0.e30.'),
    Buffer.from('logout_token=a&logout_token=b'),
    Buffer.from('iss=a&iss=b&sid=c'),
  ];
  test.each(paths)('%s refuses all of it', async (path) => {
    for (const type of types) {
      for (const body of bodies) {
        for (const authorization of [
          '',
          'Bearer x',
          'Bearer eyJhbGciOiJub25lIn0.e30.',
          'Basic YTpi',
        ]) {
          const headers = {
            ...(type && { 'content-type': type }),
            ...(authorization && { authorization }),
          };
          const answer = await isRefused(() => raw(path, headers, 'POST', body));
          expect(answer?.text).not.toMatch(/at .*\.ts|Error|stack/);
        }
      }
    }
  });
});

test('an unsupported method is 405 or 501, and an unknown path 404', async () => {
  for (const path of [
    '/bff/login',
    '/bff/callback',
    '/bff/session',
    '/bff/logout',
    '/bff/jwks',
    '/bff/health',
  ]) {
    for (const method of ['TRACE', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'OPTIONS']) {
      const answer = await isRefused(() => raw(path, asked, method));
      expect([path, method, [400, 403, 404, 405].includes(answer?.status ?? 405)]).toEqual([
        path,
        method,
        true,
      ]);
    }
  }
  for (const path of [
    '/bff',
    '/bff/',
    '/bff/nothing',
    '/bff/login/',
    '/bff/LOGIN',
    '/bff/%2e%2e/login',
    '/bff//login',
  ]) {
    const answer = await isRefused(() => raw(path, asked));
    expect([path, answer?.status]).toEqual([path, 404]);
  }
});
