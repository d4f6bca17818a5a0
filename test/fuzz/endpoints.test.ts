// Whatever strangers send to the broker's own endpoints: cookies, paths, queries, methods and bodies, with a fixed budget.
// It is answered with less than 500; nothing is signed, nothing is written, nothing of it comes back, and no cookie is set.
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { type ErrorCode, errorCodes, statusOf } from '#core/errors.ts';
import { auth } from '#functions/auth.ts';
import { machine } from '#functions/machine.ts';
import { lambda } from '#http/http-api.ts';
import { errorPage } from '#http/pages.ts';
import { fuzzing } from '#test/support/fuzz.ts';
import { holds } from '#test/support/holds.ts';
import { theContext, theEvent } from '#test/support/requests.ts';
import { running } from '#test/support/running.ts';

const run = running();
const budget = { numRuns: 150, seed: 20_261_130 };
const marker = 'zqxmarker';

const paths = [
  '/bff/login',
  '/bff/callback',
  '/bff/session',
  '/bff/logout',
  '/bff/jwks',
  '/bff/health',
  '/bff/backchannel-logout',
  '/bff/frontchannel-logout',
  '/bff/global-token-revocation',
  '/bff/api/v1/users',
  '/bff/nothing',
];

interface Sent {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: Buffer;
}

interface Said {
  status: number;
  cookies: string[];
  /** Headers and body. */
  said: string;
  /** Of a problem. */
  code?: ErrorCode;
}

function send({ method, target, headers, body }: Sent) {
  const { hostname, port, host } = new URL(run.system.url);
  return new Promise<Said | undefined>((resolve) => {
    const request = httpRequest(
      { hostname, port, path: target, method, agent: false, headers: { host, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('close', () => {
          const text = String(Buffer.concat(chunks));
          const isProblem = response.headers['content-type'] === 'application/problem+json';
          resolve({
            status: response.statusCode ?? 0,
            cookies: response.headers['set-cookie'] ?? [],
            said: `${JSON.stringify(response.headers)} ${text}`,
            ...(isProblem && method !== 'HEAD' && { code: JSON.parse(text).code as ErrorCode }),
          });
        });
      },
    );
    // The HTTP server itself refused it.
    request.on('error', () => resolve(undefined));
    request.end(body);
  });
}

/** Bytes of a header as Node sends them; no line break gets so far. */
const headerText = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), {
    maxLength: 60,
  })
  .map((codes) => String.fromCharCode(...codes));

const names = [
  '__Host-Http-bff',
  '__Host-Http-bff-tries',
  '__Host-Http-bff-login-a',
  '__Host-Http-bff-login-',
  '__host-http-bff',
  '__Host-bff-device',
  '__proto__',
];
const cookie = fc
  .tuple(
    fc.oneof(fc.constant(''), fc.constant('\u00a0'), headerText),
    fc.oneof(fc.constantFrom(...names), headerText),
    fc.constantFrom('=', '', '==', ' = ', '=\t'),
    fc.oneof(fc.constantFrom('x'.repeat(43), '9', '"', marker), headerText),
  )
  .map((parts) => parts.join(''));
const cookies = fc
  .tuple(fc.array(cookie, { maxLength: 12 }), fc.constantFrom('; ', ';', ';;', ', '))
  .map(([all, between]) => all.join(between));

const queryText = fc
  .array(fc.constantFrom(...'&=%;+/?.[]{}~abz01', '%00', '%c0', '%E2%80%AE', marker), {
    maxLength: 60,
  })
  .map((parts) => parts.join(''));
const tail = fc.constantFrom(
  '',
  '/',
  '//',
  '/..',
  '%2f',
  '%00',
  ';x=1',
  `/${marker}`,
  '.json',
  '%20',
);

const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
  target: fc
    .tuple(fc.constantFrom(...paths), tail, queryText)
    .map(([path, end, query]) => `${path}${end}${query && `?${query}`}`),
  headers: fc
    .record(
      {
        cookie: cookies,
        'content-type': fc.oneof(
          fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'text/html'),
          headerText,
        ),
        authorization: fc.oneof(fc.constantFrom('Bearer a.b.c', 'Bearer', 'DPoP x'), headerText),
        'x-bff-csrf': fc.constantFrom('1', '0', '1,1'),
        origin: fc.constantFrom('null', 'https://evil.example'),
        'sec-fetch-site': fc.constantFrom('same-origin', 'same-site', 'cross-site', 'none'),
        'sec-fetch-mode': fc.constantFrom('navigate', 'cors', 'no-cors'),
        'sec-fetch-dest': fc.constantFrom('document', 'empty', 'iframe'),
        accept: fc.constantFrom('text/html', '*/*'),
      },
      { requiredKeys: [] },
    )
    .map((headers) => headers as Record<string, string>),
  body: fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    queryText.map((text) => Buffer.from(`logout_token=${text}&iss=${text}&sid=${text}`)),
    fc.json().map((text) => Buffer.from(`{"sub_id":${text},"m":"${marker}"}`)),
    fc.constant(Buffer.alloc(20_000, 'a&')),
  ),
});

test('nothing that a stranger sends is signed, written, repeated or answered with 5xx', async () => {
  await holds(
    fc.asyncProperty(sent, async (what) => {
      const { result, ...asked } = await run.asked(() => send(what));
      if (!result) return;
      expect(result.status).toBeGreaterThanOrEqual(200);
      expect(result.status).toBeLessThan(500);
      if (result.code !== undefined) {
        expect(errorCodes).toContain(result.code);
        expect(result.status).toBe(statusOf(result.code));
      }
      // A sign-in that begins is signed, written and asked for at the server, and has its cookie.
      const begins = result.status === 302 && what.target.startsWith('/bff/login');
      expect(asked.writes).toBe(begins ? 1 : 0);
      if (!begins) expect(asked).toMatchObject({ signatures: 0, okta: 0 });
      const ours = /^__Host-Http-bff(-login-[\w-]+|-tries)?=/;
      const gone = result.cookies.filter((line) => line.includes('; Max-Age=0'));
      const set = result.cookies.filter((line) => !gone.includes(line));
      expect(set).toHaveLength(begins ? 1 : 0);
      for (const line of result.cookies) expect(line).toMatch(ours);
      if (begins) expect(set[0]).toMatch(/^__Host-Http-bff-login-/);
      else expect(result.said).not.toContain(marker);
    }),
    budget,
  );
});

// Whoever fuzzes keeps the machine busy: nothing can be measured.
describe.skipIf(fuzzing())('twice as much is at most three times the work', () => {
  const issuer = 'https://issuer.example';
  const config = {
    issuer,
    publicOrigin: 'https://app.example',
    clientId: 'c',
    session: {},
    pages: {},
  };
  const clock = { now: () => Date.now() };
  const broker = { config, clock, sessions: {} } as unknown as Broker;
  const handlers = {
    auth: lambda(() => broker, auth, errorPage),
    machine: lambda(() => broker, machine, errorPage),
  };
  const units = [
    'a',
    'a=',
    ' ',
    '\t',
    '; ',
    '=',
    '%',
    '\u00a0',
    '__Host-Http-bff-login-',
    '.',
    '/',
  ];

  /** In CPU time of this process, the least of some runs: others on the machine do not count. */
  async function work(what: () => Promise<unknown>): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const before = process.cpuUsage();
      await what();
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, user + system);
    }
    // Less is the runtime's own: a square would be far above it at these sizes.
    return Math.max(least, 10_000);
  }

  const filled = (unit: string, size: number) => unit.repeat(Math.ceil(size / unit.length));
  // More than any gateway lets through, so that a square would show.
  const size = 40_000;

  test.each(units)('of cookies of %j', async (unit) => {
    const ask = (length: number) => {
      const event = theEvent({
        rawPath: '/bff/session',
        headers: { 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' },
        cookies: [
          `x${filled(unit, length)}x=x${filled(unit, length)}x`,
          ...Array<string>(length / 10).fill(`${unit}x=1`),
        ],
      });
      return () => handlers.auth(event, theContext);
    };
    await work(ask(size));
    expect((await work(ask(size * 2))) / (await work(ask(size)))).toBeLessThan(3);
  });

  test.each(units)('of a query, a bearer and a body of %j', async (unit) => {
    const ask = (length: number) => {
      const event = theEvent({
        method: 'POST',
        rawPath: '/bff/global-token-revocation',
        rawQueryString: filled(unit, 100),
        headers: {
          'content-type': `application/json${filled(unit, length)}`,
          authorization: `Bearer ${filled(unit, length)}`,
        },
        body: filled(unit, 16_000),
      });
      return () => handlers.machine(event, theContext);
    };
    await work(ask(size));
    expect((await work(ask(size * 2))) / (await work(ask(size)))).toBeLessThan(3);
  });
});
