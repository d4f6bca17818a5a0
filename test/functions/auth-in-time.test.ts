// Lambda ends an invocation in silence, and the gateway gives up after 30 seconds with an error of its own. Whoever
// signs in or out hears of it from us, whatever does not answer.
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { issuerOf } from '#core/issuer/issuer.ts';
import { auth } from '#functions/auth.ts';
import { type ErrorPage, problem } from '#http/answers.ts';
import { contextOf } from '#http/in-time.ts';
import type { HttpAnswer, HttpRequest } from '#http/message.ts';
import { errorPage } from '#http/pages.ts';
import { type Ground, startGround } from '#test/support/ground.ts';
import { type Endpoint, startRecordingServer } from '#test/support/recording-server.ts';
import { theRequest } from '#test/support/requests.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

// The last second of it is for sending the answer. In Lambda it is 29 s.
const shortMs = 3_000;
/** Where a part of it has to be enough for what follows, on a busy machine too. */
const amply = 6_000;
const hang = () => 'hang' as const;

const page = {
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'same-origin',
  accept: 'text/html',
};

/** A server for one test, since all of them wait at the same time, and a cold environment at it. */
async function cold({ onTestFinished }: TestContext) {
  const server = await startRecordingServer();
  onTestFinished(() => server.close());
  const { issuer } = server;
  const broker = ground.environment(
    ({ fetch, clock }) => ({ issuer: issuerOf({ fetch, clock }, issuer, 'ES256') }),
    { issuer },
  );
  return { server, broker };
}

/** One invocation: an answer, or what the gateway makes of one that Lambda has ended. */
async function invoked(
  broker: Broker,
  more: Partial<HttpRequest>,
  limitMs: number,
): Promise<HttpAnswer | 'ended'> {
  const request = theRequest({ headers: page, ...more });
  const context = contextOf(broker, () => {}, limitMs);
  const lambda = Promise.withResolvers<'ended'>();
  const timer = setTimeout(() => lambda.resolve('ended'), limitMs);
  const shown = (...failed: Parameters<ErrorPage>) => errorPage(...failed, broker);
  const answer = auth(context, request).catch((fault) => problem(fault, request, shown));
  const first = await Promise.race([answer, lambda.promise]);
  clearTimeout(timer);
  return first;
}

async function answered(broker: Broker, more: Partial<HttpRequest>, limitMs = shortMs) {
  const answer = await invoked(broker, more, limitMs);
  if (answer === 'ended') throw new Error('the gateway answered, not we');
  const { status, headers = {}, cookies = [] } = answer;
  return { status, location: headers.location, type: headers['content-type'], cookies };
}

const cookiesFrom = (lines: string[]) =>
  lines.filter((line) => !/Max-Age=0/.test(line)).map((line) => line.split(';')[0] ?? '');

/** As far as the callback: what its request is. */
async function begun(broker: Broker): Promise<Partial<HttpRequest>> {
  const { location = '', cookies } = await answered(broker, { path: '/bff/login' }, amply);
  const there = await fetch(location, { redirect: 'manual' });
  const back = new URL(there.headers.get('location') ?? '');
  return { path: '/bff/callback', rawQuery: back.search.slice(1), cookies: cookiesFrom(cookies) };
}

const aPage = (status: number) =>
  expect.objectContaining({ status, type: 'text/html; charset=utf-8' });
const failed = expect.objectContaining({ status: 302, location: '/?login_error=login_failed' });

describe.concurrent('with a server that does not answer', () => {
  test.for<Endpoint>(['metadata', 'par'])(
    'at %s: /bff/login is a page of ours',
    async (where, context) => {
      const { server, broker } = await cold(context);
      server.change(where, hang);
      expect(await answered(broker, { path: '/bff/login' })).toEqual(aPage(502));
    },
  );

  test('at the token endpoint: the callback leads back with login_error', async (context) => {
    const { server, broker } = await cold(context);
    const request = await begun(broker);
    server.change('token', hang);
    expect(await answered(broker, request, amply)).toEqual(failed);
  });

  test('at the token endpoint, after a nonce challenge: the same, both attempts share the time', async (context) => {
    const { server, broker } = await cold(context);
    const request = await begun(broker);
    let asked = 0;
    server.change('token', () => {
      asked += 1;
      if (asked > 1) return 'hang';
      const headers = { 'dpop-nonce': 'n' };
      return { status: 400, headers, body: { error: 'use_dpop_nonce' } };
    });
    expect(await answered(broker, request, amply)).toEqual(failed);
    expect(asked).toBe(2);
  });

  test('at UserInfo: the user is signed in without its claims', async (context) => {
    const { server, broker } = await cold(context);
    const request = await begun(broker);
    server.change('userinfo', hang);
    const { status, location, cookies } = await answered(broker, request, 4_000);
    expect([status, location]).toEqual([302, '/']);
    expect(cookies[0]).toMatch(/^__Host-Http-bff=/);
  });

  test('at revocation of what must not be used: the callback leads back with login_error', async (context) => {
    const { server, broker } = await cold(context);
    const request = await begun(broker);
    server.change('token', ({ body }) => ({ body: { ...(body as object), token_type: 'Bearer' } }));
    server.change('revoke', hang);
    expect(await answered(broker, request, amply)).toEqual(failed);
  });

  test('at its keys: the callback is a page of ours', async (context) => {
    const { server, broker } = await cold(context);
    const request = await begun(broker);
    server.change('keys', hang);
    expect(await answered(broker, request)).toEqual(aPage(502));
  });

  test('at revocation: /bff/logout goes on to the end-session endpoint', async (context) => {
    const { server, broker } = await cold(context);
    const { cookies } = await answered(broker, await begun(broker), amply);
    server.change('revoke', hang);
    const request = { method: 'POST', path: '/bff/logout', cookies: cookiesFrom(cookies) };
    const { status, location } = await answered(broker, request, amply);
    expect([status, location]).toEqual([
      303,
      expect.stringContaining(`${server.issuer}/v1/logout`),
    ]);
  });
});

test('a sign-in that comes too late for its answer leaves no session', async (context) => {
  const gate = Promise.withResolvers<void>();
  const undone = Promise.withResolvers<string>();
  const { broker: slow } = await cold(context);
  const { marks, sessions } = slow;
  slow.marks = {
    ...marks,
    async signedOutBefore(hashes) {
      await gate.promise;
      return marks.signedOutBefore(hashes);
    },
  };
  slow.sessions = {
    ...sessions,
    async end(id, version) {
      const ended = await sessions.end(id, version);
      undone.resolve(id);
      return ended;
    },
  };
  expect(await answered(slow, await begun(slow))).toEqual(aPage(502));
  gate.resolve();
  expect(await sessions.read(await undone.promise)).toBeUndefined();
});
