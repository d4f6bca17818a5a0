// A hostile sibling subdomain plants cookies for the whole domain. A browser lets nobody but us set a name that begins
// with `__Host-`, so such a cookie has something in front of it that a careless reader takes off.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '#test/support/loopback.ts';
import { loginPrefix, running, sessionName } from '#test/support/running.ts';
import { begin, callback, signInThere, untilCallback } from '#test/support/sign-in-steps.ts';
import type { Visitor } from '#test/support/visitor.ts';

/** White space and what nobody sees, in Unicode's own words. */
const blanks = Array.from({ length: 0x10000 - 0x80 }, (_, at) => String.fromCharCode(at + 0x80))
  .filter((one) => /[\p{White_Space}\p{Cf}\p{Zs}\u0085\u180e]/u.test(one))
  .filter((one) => one.isWellFormed());

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** As Node sends it: a character of a header is a byte. */
const asBytes = (blank: string): string[] =>
  blank.charCodeAt(0) < 0x100 ? [blank, utf8(blank)] : [utf8(blank)];

const bytes = [...new Set(blanks.flatMap(asBytes))];

/** Names that are none of ours and look like one. */
const lookalikes = (name: string): string[] => [
  ...bytes.flatMap((blank) => [blank + name, `${blank} ${name}`, name + blank]),
  name.toLowerCase(),
  name.toUpperCase(),
  `"${name}"`,
];

let api: string;
beforeAll(async () => {
  const answer = '{"from":"the API"}';
  const headers = { 'content-type': 'application/json' };
  api = (await serve((_, response) => response.writeHead(200, headers).end(answer), afterAll))
    .origin;
});

test('there are more blanks in Unicode than trim() takes', () => {
  expect(blanks.length).toBeGreaterThan(25);
  for (const known of '\u0085\u00a0\u1680\u180e\u2000\u200b\u202f\u205f\u2060\u3000\ufeff') {
    expect(blanks).toContain(known);
  }
});

describe.each(['latin1', 'utf8'] as const)(
  'where a function gets header bytes as %s',
  (decoding) => {
    const run = running(() => ({
      headerDecoding: decoding,
      config: {
        streaming: true,
        routes: ['buffered', 'streamed'].map((name) => ({
          path: `/bff/api/${name}`,
          upstream: `${api}/`,
          wholeHost: true,
          token: 'none' as const,
          stream: name === 'streamed',
        })),
      },
    }));

    /** What a visitor gets at each endpoint that reads the session. */
    const seen = async (visit: Visitor) => ({
      session: (await visit.fetch('/bff/session')).json<{ authenticated?: boolean }>()
        .authenticated,
      buffered: (await visit.fetch('/bff/api/buffered')).status,
      streamed: (await visit.fetch('/bff/api/streamed')).status,
    });
    const signedOut = { session: false, buffered: 401, streamed: 401 };
    const signedIn = { session: true, buffered: 200, streamed: 200 };

    const planting = (visit: Visitor, names: readonly string[], value: string) => {
      for (const name of names) visit.plant(name, value);
    };
    const parted = (names: string[], size = 60) =>
      Array.from({ length: Math.ceil(names.length / size) }, (_, at) =>
        names.slice(at * size, (at + 1) * size),
      );

    test('a planted session opens nothing', async () => {
      const attacker = await run.signedIn('grace');
      const stolen = attacker.cookie(sessionName) ?? '';
      for (const name of lookalikes(sessionName)) {
        const victim = run.someone();
        victim.plant(name, stolen);
        const answer = await victim.fetch('/bff/session');
        expect([name, answer.status, answer.json()]).toEqual([name, 200, { authenticated: false }]);
      }
      const victim = run.someone();
      planting(victim, lookalikes(sessionName).slice(0, 60), stolen);
      expect(await seen(victim)).toEqual(signedOut);
    });

    test.each(['before', 'after'])(
      'whatever is planted %s their own cookie, a victim works, signs out and signs in',
      async (place) => {
        const attacker = await run.signedIn('grace');
        for (const names of parted(lookalikes(sessionName))) {
          const victim = run.someone();
          const plant = () => planting(victim, names, attacker.cookie(sessionName) ?? '');
          if (place === 'before') plant();
          await victim.signIn('ada');
          if (place === 'after') plant();
          expect(await seen(victim)).toEqual(signedIn);
          expect((await victim.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
          expect(await seen(victim)).toEqual(signedOut);
        }
        expect(await seen(attacker)).toEqual(signedIn);
      },
    );

    test('a planted login cookie finishes no sign-in of somebody else', async () => {
      const attacker = run.someone();
      const url = await untilCallback(attacker, '/bff/login', { user: 'grace' });
      const own = attacker.cookieNames().find((name) => name.startsWith(loginPrefix)) ?? '';
      for (const names of parted(lookalikes(own))) {
        const victim = run.someone();
        planting(victim, names, attacker.cookie(own) ?? '');
        const { result, ...asked } = await run.asked(() => callback(victim, url));
        expect(result.status).toBe(400);
        expect(result.cookies).toEqual([]);
        expect(asked).toMatchObject({ signatures: 0, okta: 0 });
      }
      expect((await callback(attacker, url)).status).toBe(302);
    });

    test('planted login cookies and tries neither spend nor end the sign-ins of a victim', async () => {
      const names = [`${loginPrefix}aaaaaaaa`, '__Host-Http-bff-tries'];
      for (const part of parted(names.flatMap(lookalikes))) {
        const victim = run.someone();
        planting(victim, part, '9');
        const url = await signInThere(victim, await begin(victim));
        const done = await callback(victim, url);
        expect(done.status).toBe(302);
        expect(done.cookies.filter((line) => line.includes('Max-Age=0'))).toHaveLength(1);
        expect(await seen(victim)).toEqual(signedIn);
      }
    });
  },
);
