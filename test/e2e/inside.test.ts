import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { open, signIn, stand } from './stand.ts';

const here = stand();

async function lookInside() {
  const visit = await here.visit();
  await visit.page.goto(here.system.url);
  await signIn(visit.page);
  await open(visit.page, 'Inside');
  return visit;
}

test('the browser holds nothing that a script can take', async () => {
  const { page } = await lookInside();
  const held = page.locator('.holdings li:not(.cookie)');
  await expect.poll(() => held.count()).toBe(6);
  for (const place of await held.all())
    expect(await place.locator('strong').textContent()).toBe('nothing');
});

test('a place that holds something is shown', async () => {
  const { page } = await lookInside();
  await page.evaluate(() => localStorage.setItem('okta-token-storage', '{}'));
  await page.locator('.holdings .full', { hasText: 'okta-token-storage' }).waitFor();
});

test('the diagram shows the sign-in with its nonce challenge, and each call with its proof', async () => {
  const { page } = await lookInside();
  const step = (text: string) => page.locator('.steps li', { hasText: text });
  await step('400 use_dpop_nonce').waitFor();
  await page.getByRole('button', { name: 'Call the API' }).click();
  await step('/bff/api/v1/users/me').first().waitFor();
  const call = step('GET /api/v1/users/me').last();
  await call.locator('summary').click();
  for (const name of ['htm', 'htu', 'jti', 'ath', 'iat', 'key']) {
    await call.locator('dt', { hasText: new RegExp(`^${name}$`) }).waitFor();
  }
  await call.getByText(`${here.system.okta?.issuer}/api/v1/users/me`).waitFor();
});

test('a revoked token is renewed while the user watches', async () => {
  const { page } = await lookInside();
  await page.getByRole('button', { name: 'Revoke the access token, then call' }).click();
  await page.locator('.steps li', { hasText: '401 invalid_token' }).waitFor();
  await page.locator('.steps li', { hasText: 'refresh' }).last().waitFor();
  await page.getByText(/, 1 refresh$/).waitFor();
});

test.each([
  ['Replay the proof', '400 invalid_dpop_proof', 'The DPoP proof JWT has already been used.'],
  ['Use it elsewhere', '400 invalid_dpop_proof', "'htu' claim in the DPoP proof JWT is invalid."],
  ['Send it as Bearer', '400 invalid_request', /must use the DPoP authentication scheme/],
  ['Sign your own proof', '400 invalid_dpop_proof', /not bound to the provided DPoP proof/],
  ['Call from another site', '403 csrf', 'The request did not come from this application.'],
])('a thief gets nowhere: %s', async (button, refusal, text) => {
  const { page } = await lookInside();
  await page.getByRole('button', { name: button }).click();
  const card = page.locator('.thefts li', { hasText: button });
  await card.getByText(refusal).waitFor();
  await card.getByText(text).waitFor();
});

test('a copy of every cookie opens a session that is not bound, and the page says so', async () => {
  const { page } = await lookInside();
  const button = 'Take every cookie to another browser';
  await page.getByRole('button', { name: button }).click();
  const card = page.locator('.thefts li', { hasText: button });
  await card.getByText('The broker answered: 200 the session was stolen').waitFor();
  await card.getByText(/It is not bound to this device/).waitFor();
});

test('the browser says where a call comes from, and no script of the page can say otherwise', async () => {
  const { page } = await lookInside();
  const sent = page.waitForRequest(/\/bff\/session\?own$/);
  const status = await page.evaluate(async () => {
    const headers = {
      'X-BFF-CSRF': '1',
      'Sec-Fetch-Site': 'cross-site',
      Origin: 'https://evil.example',
    };
    return (await fetch('/bff/session?own', { headers })).status;
  });
  expect((await (await sent).allHeaders())['sec-fetch-site']).toBe('same-origin');
  expect(status).toBe(200);
});

test('a WebSocket to the broker is not opened', async () => {
  const { page } = await lookInside();
  const outcome = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/bff/api/v1/users/me`);
        socket.addEventListener('open', () => resolve('open'));
        socket.addEventListener('error', () => resolve('refused'));
      }),
  );
  expect(outcome).toBe('refused');
});

test('a page on another site gets nothing from the broker, whatever it tries', async () => {
  const { context, page } = await lookInside();
  const [{ value } = { value: '' }] = await context.cookies(here.system.url);
  const calls = here.system.okta?.events.list().length;
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end('<form method="post"></form>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const outcomes = await page.evaluate(async (url) => {
    const attempt = (init: RequestInit) =>
      fetch(`${url}/bff/api/v1/users/me`, { credentials: 'include', ...init }).then(
        ({ type, status }) => `${type} ${status}`,
        ({ name }) => name,
      );
    return [
      await attempt({}),
      await attempt({ mode: 'no-cors' }),
      await attempt({ headers: { 'X-BFF-CSRF': '1' } }),
    ];
  }, here.system.url);
  // Without CORS an answer is unreadable or an error.
  expect(outcomes).toEqual(['TypeError', 'opaque 0', 'TypeError']);
  const answer = page.waitForResponse(/\/bff\/logout/);
  await page.evaluate((url) => {
    const form = document.forms[0];
    if (!form) return;
    form.action = `${url}/bff/logout`;
    form.submit();
  }, here.system.url);
  expect((await answer).status()).toBe(403);
  // The refusal is a page of its own: it has to be there before the next one is asked for.
  await page.waitForURL(/\/bff\/logout$/);
  expect(here.system.okta?.events.list()).toHaveLength(calls ?? 0);
  await page.goto(here.system.url);
  await page.getByText('Hello, Ada').waitFor();
  const [still] = await context.cookies(here.system.url);
  expect(still?.value).toBe(value);
});

test('a call to an API of one’s own shows its nonce challenge and its proof', async () => {
  const { page } = await lookInside();
  await page.getByRole('button', { name: 'Call your own API' }).click();
  const step = (text: string) => page.locator('.steps li', { hasText: text });
  await step('GET /orders').filter({ hasText: '401 use_dpop_nonce' }).waitFor();
  const call = step('GET /orders').filter({ hasText: '200' }).last();
  await call.locator('summary').click();
  for (const name of ['htm', 'htu', 'ath', 'nonce']) {
    await call.locator('dt', { hasText: new RegExp(`^${name}$`) }).waitFor();
  }
});

test.each([
  ['Replay an order’s proof', '401 invalid_dpop_proof', 'the DPoP proof has been used before'],
  ['Cancel the order with it', '401 invalid_dpop_proof', /htm of the DPoP proof/],
  ['Send its token as Bearer', '401 invalid_token', /bound to a key/],
  ['Prove it with another key', '401 invalid_dpop_proof', /bound to another key/],
])('a thief gets nowhere at an API of one’s own: %s', async (button, refusal, text) => {
  const { page } = await lookInside();
  await page.getByRole('button', { name: button }).click();
  const item = page.locator('.thefts li', { hasText: button });
  await item.getByText(`The orders API refused: ${refusal}`).waitFor();
  await item.getByText(text).last().waitFor();
});

test('an order is cancelled with a proof of its own, and stays so', async () => {
  const { page } = await lookInside();
  await open(page, 'Orders');
  await page.getByRole('button', { name: 'Cancel o-1002' }).click();
  await page.getByText('o-1002 is cancelled.').waitFor();
  await page.reload();
  await page
    .getByRole('row', { name: /o-1002/ })
    .getByText('cancelled')
    .waitFor();
});
