import { beforeEach, describe, expect, test } from 'vitest';
import { localSessions, sessionsPath } from '#infra/local/sessions/sessions.ts';
import { nothing, running, sessionName } from '#test/support/running.ts';
import { rawRequest, sendRaw, statusOf } from '#test/support/toys.ts';

const run = running({ mounts: (system) => ({ [sessionsPath]: localSessions(system) }) });

interface State {
  cookies: { name: string; value: string }[];
  origins: [];
}

const ask = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(run.system.url + sessionsPath, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

let port = 0;
beforeEach(() => {
  port = run.system.gateway.port;
});

test.each(['ada', 'grace', 'mary'])('%s gets a session that the broker knows', async (user) => {
  const response = await ask({ user });
  const { cookies, origins } = (await response.json()) as State;
  expect({ cookies, origins }).toEqual({
    cookies: [
      {
        name: sessionName,
        value: expect.stringMatching(/^[\w-]{43}$/),
        domain: 'localhost',
        path: '/',
        expires: expect.any(Number),
        httpOnly: true,
        secure: true,
        sameSite: 'Strict',
      },
    ],
    origins: [],
  });
  const visit = run.someone();
  visit.plant(sessionName, cookies[0]?.value ?? '');
  expect((await visit.fetch('/bff/session')).json()).toMatchObject({
    authenticated: true,
    user: { email: `${user}@example.com` },
  });
});

test('a session can have the level that a step-up would bring', async () => {
  const response = await ask({ user: 'ada', acr_values: 'urn:okta:loa:2fa:any' });
  const visit = run.someone();
  visit.plant(sessionName, ((await response.json()) as State).cookies[0]?.value ?? '');
  expect((await visit.fetch('/bff/session')).json()).toMatchObject({ acr: 'urn:okta:loa:2fa:any' });
});

test('each call makes a session of its own', async () => {
  const values = await Promise.all(
    [1, 2].map(
      async () => ((await (await ask({ user: 'ada' })).json()) as State).cookies[0]?.value,
    ),
  );
  expect(new Set(values).size).toBe(2);
});

test.each([
  [{ user: 'eve' }, 'the sign-in ended with access_denied'],
  [{ user: 'nobody' }, 'user must be ada, grace, mary, eve'],
  [{}, 'user must be'],
  ['{', 'JSON'],
])('says why there is no session for %j', async (body, why) => {
  const response = await ask(body);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { error: string }).error).toContain(why);
});

describe('the endpoint is for programs on this machine', () => {
  test.each([
    [403, { 'sec-fetch-site': 'same-origin' }],
    [403, { 'sec-fetch-site': 'cross-site' }],
    [403, { origin: 'https://evil.example' }],
    [403, { origin: 'null' }],
    [415, { 'content-type': 'text/plain' }],
    [415, { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('%i for %j, before anybody is asked', async (status, headers) => {
    const { result, ...asked } = await run.asked(() => ask({ user: 'ada' }, headers));
    expect(result.status).toBe(status);
    expect(result.headers.getSetCookie()).toEqual([]);
    expect([...result.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual(
      [],
    );
    expect(asked).toEqual(nothing);
  });

  test('not a page of this origin, either', async () => {
    const headers = { origin: run.system.url };
    expect((await ask({ user: 'ada' }, headers)).status).toBe(403);
  });

  test.each(['attacker.example', 'localhost.attacker.example', '127.0.0.1.attacker.example'])(
    'nor one that reaches this machine by the name %s',
    async (host) => {
      const lines = (name: string) =>
        rawRequest(
          [`POST ${sessionsPath} HTTP/1.1`, `Host: ${name}`, 'Content-Type: application/json'],
          '{"user":"ada"}',
        );
      const { result, ...asked } = await run.asked(() => sendRaw(port, lines(`${host}:${port}`)));
      expect(statusOf(result)).toBe(421);
      expect(asked).toEqual(nothing);
    },
  );

  test('by no other method and at no other path', async () => {
    expect((await fetch(run.system.url + sessionsPath)).status).toBe(405);
    expect((await fetch(`${run.system.url}${sessionsPath}/ada`, { method: 'POST' })).status).toBe(
      404,
    );
  });
});
