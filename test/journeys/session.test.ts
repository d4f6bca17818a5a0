import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { codeOf, part, running, sessionName, type TableItem } from '#test/support/running.ts';
import { begin, callback, signInThere } from '#test/support/sign-in-steps.ts';

const run = running();
const { someone, signedIn } = run;

interface Shown {
  authenticated: boolean;
  user: Record<string, unknown>;
  expires_at: number;
  idle_expires_at: number;
}

const hashed = (cookie: string) => createHash('sha256').update(cookie).digest('base64url');
const itemOf = async (cookie: string): Promise<TableItem> =>
  part(
    (await run.items('session#')).find(
      ({ pk, sk }) => pk?.S?.endsWith(hashed(cookie)) && sk?.S === 'session',
    ),
  );

describe('what the page sees', () => {
  test('is the configured claims and times, and no token in any form', async () => {
    const ada = await signedIn();
    const { result: answer, ...asked } = await run.asked(() => ada.fetch('/bff/session'));
    expect(answer.json()).toEqual({
      authenticated: true,
      user: {
        sub: '00u1adalovelace0local',
        name: 'Ada Lovelace',
        email: 'ada@example.com',
        preferred_username: 'ada@example.com',
      },
      expires_at: expect.any(Number),
      idle_expires_at: expect.any(Number),
      acr: 'urn:okta:loa:1fa:any',
      amr: ['pwd'],
      auth_time: expect.any(Number),
    });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' });
    expect(asked).toMatchObject({ reads: 1, writes: 0, keys: 0, okta: 0 });
  });

  test('without a session is a 200 as well, and costs nothing', async () => {
    const { result: answer, ...asked } = await run.asked(() => someone().fetch('/bff/session'));
    expect([answer.status, answer.json()]).toEqual([200, { authenticated: false }]);
    expect(asked).toMatchObject({ reads: 0, writes: 0, keys: 0, okta: 0 });
  });

  test.each([['x'], ['A'.repeat(43)], ['A'.repeat(4000)], ['ä'], ['']])(
    'with a cookie that opens nothing (%s) says so, and leaves it',
    async (value) => {
      const visit = someone();
      const answer = await visit.fetch('/bff/session', {
        headers: { cookie: `${sessionName}=${encodeURIComponent(value)}` },
      });
      expect(answer.json()).toEqual({ authenticated: false });
      expect(answer.cookies).toEqual([]);
    },
  );

  test.each(['/bff/session', '/bff/api/v1/users/me'])(
    'an answer of %s that comes late, to the cookie before, leaves the session that began meanwhile in another tab',
    async (path) => {
      const ada = await signedIn();
      const before = ada.cookie(sessionName) ?? '';
      await ada.signIn();
      const now = ada.cookie(sessionName);
      expect(now).not.toBe(before);
      const late = await ada.fetch(path, { headers: { cookie: `${sessionName}=${before}` } });
      expect(late.json()).toMatchObject(
        path === '/bff/session' ? { authenticated: false } : { code: 'session_expired' },
      );
      expect(ada.cookie(sessionName)).toBe(now);
      expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
    },
  );

  test('of two session cookies is a refusal, and nothing is read', async () => {
    const ada = await signedIn();
    const cookie = `${sessionName}=${ada.cookie(sessionName)}`;
    const { result: answer, reads } = await run.asked(() =>
      someone().fetch('/bff/session', { headers: { cookie: `${cookie}; ${sessionName}=other` } }),
    );
    expect([answer.status, codeOf(answer), reads]).toEqual([400, 'bad_request', 0]);
  });
});

describe('a browser that sends no Fetch Metadata', () => {
  const csrf = { 'x-bff-csrf': '1' };
  const own = () => ({ origin: run.system.url });
  const foreign = { origin: 'https://evil.example' };
  const get = { method: 'GET' };
  const post = { method: 'POST', body: '' };

  test('signs in, is judged by the header and by Origin, and signs out', async () => {
    const ada = someone();
    const login = await ada.send('/bff/login', { headers: { accept: 'text/html' } });
    const url = await signInThere(ada, new URL(login.headers.location ?? ''));
    expect((await ada.send(url.href)).headers.location).toBe('/');

    const judged = async (path: string, ask: { method: string }, headers: object) =>
      (await ada.send(path, { ...ask, headers: { ...headers } })).status;
    expect(await judged('/bff/session', get, {})).toBe(403);
    expect(await judged('/bff/session', get, own())).toBe(403);
    expect(await judged('/bff/session', get, { ...csrf, ...foreign })).toBe(403);
    expect(await judged('/bff/session', get, csrf)).toBe(200);
    expect(await judged('/bff/api/v1/users/me', get, { ...csrf, ...foreign })).toBe(403);
    expect(await judged('/bff/api/v1/users/me', get, csrf)).toBe(200);
    expect(await judged('/bff/logout', post, {})).toBe(403);
    expect(await judged('/bff/logout', post, foreign)).toBe(403);
    expect((await ada.send('/bff/session', { headers: csrf })).json()).toMatchObject({
      authenticated: true,
    });
    expect(await judged('/bff/logout', post, own())).toBe(303);
    expect((await ada.send('/bff/session', { headers: csrf })).json()).toEqual({
      authenticated: false,
    });
  });
});

describe('in the table', () => {
  test('the session is stored under the hash of an opaque cookie of 256 bits', async () => {
    const ada = await signedIn();
    const cookie = ada.cookie(sessionName) ?? '';
    expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const item = await itemOf(cookie);
    // Found again by user, by e-mail, by the server's session and by key.
    for (const index of ['subject', 'email', 'sid', 'jkt']) {
      expect(item[index]?.S).toMatch(/^[A-Za-z0-9_-]{43}$/);
    }
  });

  test('nothing can be read: no token, no name, no cookie, no verifier, no state', async () => {
    const ada = await signedIn();
    const open = await begin(
      ada,
      '/bff/login?return_to=/somewhere-secret&login_hint=hint%40example.com',
    );
    const secrets = [
      ...ada.cookieNames().map((name) => ada.cookie(name) ?? ''),
      'Lovelace',
      'ada@example',
      'hint@example',
      '00u1adalovelace',
      'somewhere-secret',
      'eyJhbGci',
      open.searchParams.get('request_uri') ?? 'no PAR',
      ...[...open.searchParams.values()].filter((value) => value.length > 20),
    ].filter((secret) => secret.length > 2);
    const items = await run.items();
    expect(items.length).toBeGreaterThan(2);
    for (const item of items) {
      const texts = Object.values(item).flatMap(({ S, B }) => [
        S ?? '',
        ...(B ? [Buffer.from(B).toString('latin1'), Buffer.from(B).toString('base64url')] : []),
      ]);
      for (const secret of secrets) for (const text of texts) expect(text).not.toContain(secret);
    }
  });
});

describe('configured anew', () => {
  afterAll(() => run.system.redeploy({}));

  test('claims that are no longer allowed are not shown, not even those of older sessions', async () => {
    const ada = await signedIn();
    await run.system.redeploy({ session: { claims: ['sub', 'name'] } });
    const { user } = (await ada.fetch('/bff/session')).json<Shown>();
    expect(user).toEqual({ sub: '00u1adalovelace0local', name: 'Ada Lovelace' });
  });

  test('the e-mail address is indexed even if the page may not see it', async () => {
    const ada = await signedIn();
    expect((await itemOf(ada.cookie(sessionName) ?? '')).email?.S).toBeDefined();
  });
});

describe('the lifetime of a session', () => {
  beforeAll(() => run.system.redeploy({ session: { idleMinutes: 0.05, absoluteHours: 0.002 } }));
  afterAll(() => run.system.redeploy({}));

  test('ends with idleness, and asking for the session never extends it', async () => {
    const ada = await signedIn();
    const first = (await ada.fetch('/bff/session')).json<Shown>();
    expect(first.idle_expires_at).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 3);
    expect(first.expires_at).toBeGreaterThan(first.idle_expires_at);
    const shown: Shown[] = [];
    await vi.waitFor(
      async () => {
        const now = (await ada.fetch('/bff/session')).json<Shown>();
        if (now.authenticated) shown.push(now);
        expect(now).toEqual({ authenticated: false });
      },
      { timeout: 10_000, interval: 300 },
    );
    for (const { idle_expires_at } of shown) expect(idle_expires_at).toBe(first.idle_expires_at);
  });

  test('slides with calls, but not past its end', async () => {
    const ada = await signedIn();
    const first = (await ada.fetch('/bff/session')).json<Shown>();
    let last = first;
    await vi.waitFor(
      async () => {
        await ada.fetch('/bff/api/v1/users/me');
        const now = (await ada.fetch('/bff/session')).json<Shown>();
        if (now.authenticated) last = now;
        expect(now.authenticated).toBe(false);
      },
      { timeout: 20_000, interval: 300 },
    );
    expect(last.expires_at).toBe(first.expires_at);
    expect(last.idle_expires_at).toBeGreaterThan(first.idle_expires_at);
    expect(last.idle_expires_at).toBeLessThanOrEqual(first.expires_at);
  });

  test('leaves a cookie that opens nothing once it is over, even if the item is still there', async () => {
    const ada = await signedIn();
    const cookie = ada.cookie(sessionName) ?? '';
    const { idle_expires_at } = (await ada.fetch('/bff/session')).json<Shown>();
    await vi.waitFor(() => expect(Date.now() / 1000).toBeGreaterThan(idle_expires_at), {
      timeout: 10_000,
    });
    expect(await itemOf(cookie)).toBeDefined();
    const answer = await ada.fetch('/bff/api/v1/users/me');
    expect([answer.status, codeOf(answer)]).toEqual([401, 'session_expired']);
  });
});

test('the callback of a step-up sets a new cookie, and the old one opens nothing', async () => {
  const ada = await signedIn();
  const first = ada.cookie(sessionName) ?? '';
  const url = await signInThere(ada, await begin(ada, '/bff/login?max_age=0'));
  expect((await callback(ada, url)).status).toBe(302);
  expect(ada.cookie(sessionName)).not.toBe(first);
  const thief = someone();
  thief.plant(sessionName, first);
  expect((await thief.fetch('/bff/session')).json()).toEqual({ authenticated: false });
});
