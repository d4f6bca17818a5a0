// What a hostile sibling subdomain can plant in a real browser, and what it does to the victim: nothing.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadOrigin, serve } from '#test/support/loopback.ts';
import { untilCallback } from '#test/support/sign-in-steps.ts';
import { visitor } from '#test/support/visitor.ts';
import { signIn, stand } from './stand.ts';

const session = '__Host-Http-bff';
const blanks = ['\u0085', '\u00a0', '\u1680', '\u180e', '\u2000', '\u200b', '\u3000', '\ufeff'];
// Others that a reader may take for ours: no name, an empty one, quotes, another case.
const names = (name: string) => [
  ...blanks.map((blank) => `${blank}${name}`),
  ...blanks.map((blank) => ` ${blank}\t${name}`),
  `=${name}`,
  `= ${name}`,
  `==${name}`,
  `"${name}"`,
  `$${name}`,
  `x,${name}`,
  name.toLowerCase(),
  name,
];

/** One port for two hosts, as cookies see it: the sibling plants, the application's host shows what the browser sends. */
let port: string;
beforeAll(async () => {
  const { origin } = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://any');
    const planted = searchParams
      .getAll('plant')
      .map((pair) => `${pair}; Domain=dev.localhost; Path=/`);
    // Set-Cookie takes bytes: as Latin-1, and as UTF-8.
    const lines = planted.flatMap((line) => [line, Buffer.from(line).toString('latin1')]);
    response.writeHead(200, [
      ...lines
        .filter((line) => /^[\t\x20-\x7e\x80-\xff]*$/.test(line))
        .flatMap((line) => ['Set-Cookie', line]),
      ...['Content-Type', 'text/plain; charset=latin1'],
    ]);
    response.end(request.headers.cookie ?? '');
  }, afterAll);
  port = new URL(origin).port;
});

async function plant(page: Page, name: string, value: string) {
  const query = new URLSearchParams(names(name).map((one) => ['plant', `${one}=${value}`]));
  await page.goto(`http://evil.dev.localhost:${port}/?${query}`);
  await page.evaluate(
    ([pairs]) => {
      for (const pair of pairs ?? []) {
        // biome-ignore lint/suspicious/noDocumentCookie: the attacker does it so
        document.cookie = `${pair}; Domain=dev.localhost; Path=/`;
      }
    },
    [names(name).map((one) => `${one}=${value}`)],
  );
  await page.goto(`http://app.dev.localhost:${port}/`);
  const sent = (await page.locator('body').textContent()) ?? '';
  const times = sent.split(`${name}=${value}`).length - 1;
  // Or the browser has kept it all for itself, and the test proves nothing.
  expect(times).toBeGreaterThan(blanks.length);
}

const freePort = async () => Number(new URL(await deadOrigin()).port);
const places = { latin1: await freePort(), utf8: await freePort() };

describe.each(['latin1', 'utf8'] as const)(
  'where a function gets header bytes as %s',
  (decoding) => {
    const app = `http://app.dev.localhost:${places[decoding]}`;
    const here = stand({
      port: places[decoding],
      headerDecoding: decoding,
      config: { publicOrigin: app },
    });

    const ask = (page: Page, path = '/bff/session') =>
      page.evaluate(async (path) => {
        const answer = await fetch(path, { headers: { 'X-BFF-CSRF': '1' } });
        return { status: answer.status, body: await answer.text() };
      }, path);
    const own = async (page: Page) =>
      (await page.context().cookies(app)).find(({ name }) => name === session);

    test('a victim is not signed in by a planted session', async () => {
      const { page: attacker } = await here.visit();
      await attacker.goto(app);
      await signIn(attacker, 'Grace');
      const { page } = await here.visit();
      await plant(page, session, (await own(attacker))?.value ?? '');
      await page.goto(app);
      await page
        .getByRole('link', { name: /^Sign in/ })
        .first()
        .waitFor();
      expect(await ask(page)).toEqual({ status: 200, body: '{"authenticated":false}' });
      expect((await ask(page, '/bff/api/v1/users/me')).status).toBe(401);
      await signIn(page, 'Ada');
      expect((await ask(page)).body).toContain('ada@example.com');
    });

    test('a victim who is signed in stays so, signs out and signs in again', async () => {
      const { page } = await here.visit();
      await page.goto(app);
      await signIn(page, 'Ada');
      const before = await own(page);
      await plant(page, session, 'x'.repeat(43));
      await page.goto(app);
      await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
      expect(await own(page)).toMatchObject({ value: before?.value });
      expect((await ask(page, '/bff/api/v1/users/me')).status).toBe(200);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page
        .getByRole('link', { name: /^Sign in/ })
        .first()
        .waitFor();
      expect((await ask(page)).body).toBe('{"authenticated":false}');
      await page.goto(app);
      await signIn(page, 'Ada');
    });

    test('a victim does not finish the sign-in of somebody else', async () => {
      const attacker = visitor(here.system.url);
      const callback = await untilCallback(attacker, '/bff/login', { user: 'grace' });
      const name = attacker.cookieNames().find((one) => one.startsWith(`${session}-login-`)) ?? '';
      const { page } = await here.visit();
      await plant(page, name, attacker.cookie(name) ?? '');
      expect((await page.goto(callback.href))?.status()).toBe(400);
      expect(await own(page)).toBeUndefined();
      await page.goto(app);
      expect((await ask(page)).body).toBe('{"authenticated":false}');
    });
  },
);
