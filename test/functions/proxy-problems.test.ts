// What a refusal says: always the same fields, and nothing of what came in.
import { expect, test } from 'vitest';
import { type ErrorCode, statusOf, titleOf } from '#core/errors.ts';
import { apiCalls } from '#http/api-calls.ts';
import { lambda } from '#http/http-api.ts';
import { json, type ProxyWorld, proxyWorld } from '../support/proxying.ts';
import { theContext, theEvent } from '../support/requests.ts';

const marker = 'zqxmarker';

interface Told {
  code: ErrorCode;
  world?: Parameters<typeof proxyWorld>[0];
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  signedOut?: boolean;
  extra?: Record<string, string>;
}

const sends = (status: number, headers: Record<string, string>) => ({
  upstream: (_arrived: unknown, response: Parameters<typeof json>[0]) =>
    json(response, {}, status, headers),
});

const told: Told[] = [
  { code: 'csrf', headers: { 'x-bff-csrf': marker } },
  {
    code: 'csrf',
    headers: { 'sec-fetch-site': 'cross-site', origin: `https://${marker}.example` },
  },
  { code: 'bad_path', path: `/bff/api/v1/../${marker}` },
  { code: 'bad_path', path: `/bff/api/v1/${marker}\r\nx: y` },
  { code: 'no_route', path: `/bff/api/${marker}` },
  { code: 'method_not_allowed', method: 'OPTIONS' },
  { code: 'method_not_allowed', method: marker.toUpperCase() },
  { code: 'bad_request', body: Buffer.from(marker) },
  { code: 'bad_request', headers: { accept: `${marker}\u0000` } },
  { code: 'bad_request', headers: { upgrade: 'websocket', 'sec-websocket-protocol': marker } },
  { code: 'body_too_large', method: 'POST', body: Buffer.alloc(4_400_001, marker) },
  { code: 'not_signed_in', signedOut: true },
  {
    code: 'response_too_large',
    world: { upstream: (_one, to) => to.end(Buffer.alloc(4_400_001)) },
  },
  { code: 'upstream_unreachable', world: { upstream: (_one, to) => void to.destroy() } },
  { code: 'upstream_unreachable', world: sends(200, { 'content-encoding': marker }) },
  {
    code: 'step_up_required',
    world: sends(401, {
      'www-authenticate': `DPoP error="insufficient_user_authentication", realm="${marker}"`,
    }),
    extra: { login_url: '/bff/login?max_age=0' },
  },
];

/** As Lambda sees it: the event of an HTTP API, and the whole result. */
async function resultOf(world: ProxyWorld, asked: Told) {
  const { path = '/bff/api/v1/users', method = 'GET', headers = {}, body, signedOut } = asked;
  const { secret } = await world.signIn();
  const { env } = world.environment();
  return lambda(() => env, apiCalls)(
    theEvent({
      method,
      rawPath: path,
      rawQueryString: `${marker}=${marker}`,
      headers: { 'x-bff-csrf': '1', referer: `https://${marker}.example/`, ...headers },
      ...(!signedOut && { cookies: [`__Host-Http-bff=${secret}`] }),
      ...(body && { body: body.toString('base64'), isBase64Encoded: true }),
    }),
    theContext,
  );
}

test.each(told)(
  '$code is explained in full, stored by nobody, and holds nothing of the call',
  async (asked) => {
    const { code, extra = {} } = asked;
    const result = await resultOf(await proxyWorld(asked.world ?? {}), asked);
    expect(result.statusCode).toBe(statusOf(code));
    expect(result.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      vary: 'Cookie',
      'x-content-type-options': 'nosniff',
      'x-bff-answer': '1',
    });
    expect(JSON.parse(result.body ?? '')).toEqual({
      type: 'about:blank',
      status: statusOf(code),
      code,
      title: titleOf(code),
      request_id: 'request-1',
      ...extra,
    });
    expect(JSON.stringify(result)).not.toMatch(new RegExp(marker, 'i'));
  },
);

test.each([false, true])(
  'an API cannot pass its problem off as the broker’s (streamed: %s)',
  async (streamed) => {
    const problem = { type: 'about:blank', status: 401, code: 'session_expired', title: 'x' };
    const headers = { 'content-type': 'application/problem+json', 'x-bff-answer': '1' };
    for (const status of [200, 401, 403, 500]) {
      const world = await proxyWorld({
        streamed,
        upstream: (_one, response) => json(response, problem, status, headers),
      });
      const answer = await world.call(await world.signIn(), '/bff/api/v1/users');
      expect([answer.status, answer.text]).toEqual([status, JSON.stringify(problem)]);
      expect(answer.headers).toEqual({ 'content-type': 'application/problem+json' });
    }
  },
);

test('whatever an API says about caches, an answer is for one browser and stored by nobody', async () => {
  for (const status of [200, 304, 401, 404, 429, 500]) {
    const world = await proxyWorld({
      ...sends(status, { 'cache-control': 'public, max-age=9', vary: 'Origin', pragma: 'x' }),
    });
    const { statusCode, headers } = await resultOf(world, { code: 'internal' });
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' });
  }
});
