// What docs/testing.md promises of browser tests: a real Chromium that is signed in before its first page.
import { expect, test } from 'vitest';
import { localSessions, sessionsPath } from '#infra/local/sessions/sessions.ts';
import { signedIn, signedInState } from '#spa/client/testing/playwright.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { stand } from './stand.ts';

const here = stand({
  mounts: (system) => ({
    [sessionsPath]: localSessions(system),
    '/': (_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>An app</title>');
    },
  }),
});

const whoAmI = () =>
  fetch('/bff/session', { headers: { 'x-bff-csrf': '1' } }).then((response) => response.json());

test('a browser with the state of a person is signed in on its first page', async () => {
  const storageState = await signedInState({ url: here.system.url, user: 'grace' });
  const { page } = await here.visit({ storageState });
  await page.goto(here.system.url);
  expect(await page.evaluate(whoAmI)).toMatchObject({
    authenticated: true,
    user: { email: 'grace@example.com' },
  });
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('the fixture gives each test a session of its own, at the address that Playwright has', async () => {
  const { storageState } = signedIn('ada');
  const values: string[] = [];
  for (let run = 0; run < 2; run++) {
    await storageState({ baseURL: here.system.url }, async ({ cookies }) => {
      values.push(cookies[0]?.value ?? '');
    });
  }
  expect(new Set(values).size).toBe(2);
});

test('a page of this origin cannot get one', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  const status = await page.evaluate(async (path) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(path, { method: 'POST', headers, body: '{"user":"ada"}' })).status;
  }, sessionsPath);
  expect(status).toBe(403);
});

test('what is wrong is said in one line', async () => {
  const { url } = here.system;
  await expect(signedInState({ url, user: 'eve' })).rejects.toThrow('access_denied');
  await expect(signedInState({ url: here.system.okta?.issuer ?? '' })).rejects.toThrow('404');
  const nowhere = await deadOrigin();
  await expect(signedInState({ url: nowhere })).rejects.toThrow(`Nothing answers at ${nowhere}`);
});
