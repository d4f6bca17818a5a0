// Anybody may send something to the endpoints that take no session. What they send costs no more than a small body does.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { auth } from '#functions/auth.ts';
import { machine } from '#functions/machine.ts';
import { lambda } from '#http/http-api.ts';
import type { Handle } from '#http/message.ts';
import { theContext, theEvent } from '#test/support/requests.ts';

const mostBytes = 16 * 1024;

const form = 'application/x-www-form-urlencoded';
const endpoints: [path: string, type: string, unit: string][] = [
  ['/bff/backchannel-logout', form, 'a&'],
  ['/bff/backchannel-logout', form, 'logout_token=a.b.c&'],
  ['/bff/frontchannel-logout', form, 'a&'],
  ['/bff/frontchannel-logout', form, '%'],
  ['/bff/global-token-revocation', 'application/json', '['],
  ['/bff/global-token-revocation', 'application/json', '{"a":'],
];

/** Nobody is there to be asked. */
const config = {
  issuer: 'https://issuer.example',
  publicOrigin: 'https://app.example',
  clientId: 'c',
};
const clock = { now: () => Date.now() };
const broker = { config, clock } as unknown as Broker;
const handlerOf = (handle: Handle) => {
  const handler = lambda(() => broker, handle);
  return (
    path: string,
    type: string,
    body: string,
    more: Partial<Parameters<typeof theEvent>[0]> = {},
  ) =>
    handler(
      theEvent({
        method: 'POST',
        rawPath: path,
        body: Buffer.from(body).toString('base64'),
        isBase64Encoded: true,
        ...more,
        headers: { 'content-type': type, ...more?.headers },
      }),
      theContext,
    );
};
const post = handlerOf(machine);
const sized = (unit: string, bytes: number) =>
  unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);

afterEach(() => vi.restoreAllMocks());

describe.each(endpoints)('%s, sent %s of %s', (path, type, unit) => {
  test('takes 16 kB and answers one byte more with 413', async () => {
    const fits = await post(path, type, sized(unit, mostBytes));
    expect(fits.statusCode).toBeLessThan(413);
    const large = await post(path, type, sized(unit, mostBytes + 1));
    expect(large.statusCode).toBe(413);
    expect(JSON.parse(large.body ?? '')).toMatchObject({ code: 'body_too_large' });
    expect(large.headers?.['content-type']).toBe('application/problem+json');
  });

  test('does at most in proportion to what is sent', async () => {
    // CPU time of this thread alone: the garbage collector and the compiler have their own threads.
    const work = async (body: string) => {
      const before = process.threadCpuUsage();
      await post(path, type, body);
      const { user, system } = process.threadCpuUsage(before);
      return user + system;
    };
    const bodies = [sized(unit, 524_288), sized(unit, 1_048_576)] as const;
    const growth = async () => {
      const least = bodies.map(() => Number.POSITIVE_INFINITY);
      // In turn, so that a busy moment meets both.
      for (let run = 0; run < 15; run += 1) {
        for (const [at, body] of bodies.entries()) {
          least[at] = Math.min(least[at] ?? 0, await work(body));
        }
      }
      // Less is not told apart from what the runtime does beside.
      const [half = 0, whole = 0] = least.map((one) => Math.max(one, 1_000));
      return whole / half;
    };
    // A busy machine can spoil a measurement. Work that grows with the square is found by each.
    let least = await growth();
    for (let again = 0; again < 2 && least >= 3; again += 1)
      least = Math.min(least, await growth());
    expect(least).toBeLessThan(3);
  });
});

test('a revocation without a good bearer is refused before its body is looked at', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const body = '{"marker":"of the body"}';
  for (const authorization of [undefined, 'Bearer', 'Basic abc', 'Bearer x.y', 'Bearer a.b.c.d']) {
    const { statusCode } = await post('/bff/global-token-revocation', 'application/json', body, {
      headers: { ...(authorization && { authorization }) },
    });
    expect(statusCode).toBe(401);
  }
  expect(parse.mock.calls.filter(([text]) => String(text).includes('marker'))).toEqual([]);
});

describe('every other endpoint', () => {
  const ask = { auth: handlerOf(auth), machine: post };
  test.each([
    ['auth', 'POST', '/bff/logout'],
    ['auth', 'GET', '/bff/session'],
    ['auth', 'GET', '/bff/login'],
    ['auth', 'GET', '/bff/callback'],
    ['machine', 'GET', '/bff/jwks'],
    ['machine', 'GET', '/bff/health'],
  ] as const)(
    'of %s refuses a large body and a large query too: %s %s',
    async (name, method, path) => {
      const body = sized('a&', mostBytes + 1);
      expect((await ask[name](path, form, body, { method })).statusCode).toBe(413);
      const rawQueryString = body;
      const answer = await ask[name](path, form, '', { method, rawQueryString });
      expect(answer.statusCode).toBe(400);
      expect(answer.body).not.toContain('a&a&');
    },
  );
});
