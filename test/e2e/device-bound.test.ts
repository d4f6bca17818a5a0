// Device-bound sessions in a real Chromium, over the product's own TLS, with keys in software: what the browser does by
// itself, and what a copy of its cookies is worth.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { buildDemo, type Demo } from '#infra/local/demo/index.ts';
import { boundSessions } from '#test/support/bound-sessions.ts';
import { deviceName } from '#test/support/device.ts';
import { part, running, sessionName } from '#test/support/running.ts';
import { launch } from './browser.ts';

let browser: Browser;
let demo: Demo;
beforeAll(async () => {
  demo = await buildDemo();
});
const run = running(() => ({
  https: true,
  mounts: (system) => ({
    // A page whose only calls are those of the test.
    '/blank': (_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>blank</title>');
    },
    ...demo.mounts(system),
  }),
  environment: {},
  config: { session: { deviceBound: 'prefer' } },
}));
const { boundCookieEnds } = boundSessions(run);

beforeAll(async () => {
  // Chromium takes the certificate for a valid one.
  const certificate = new X509Certificate(await readFile(part(run.system.certificate)));
  const trusted = createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  browser = await launch([
    `--ignore-certificate-errors-spki-list=${trusted}`,
    '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
  ]);
});
afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

/** How often the functions said so since then. */
const count = (name: string, from = 0) => run.logged(name, from).length;
const failures = (from: number) => run.logged('request.failed', from).map(({ code }) => code);

const status = (page: Page, path = '/bff/api/v1/users?limit=1'): Promise<number> =>
  page.evaluate(async (at) => (await fetch(at, { headers: { 'x-bff-csrf': '1' } })).status, path);

const isBound = (page: Page): Promise<unknown> =>
  page.evaluate(
    async () =>
      (await (await fetch('/bff/session', { headers: { 'x-bff-csrf': '1' } })).json()).bound,
  );

async function signedIn(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page);
  await expect.poll(() => isBound(page)).toBe(true);
  return { context, page };
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${run.system.url}/bff/login?return_to=/blank`);
  // Whoever is still signed in at the authorization server comes straight back.
  if (!page.url().startsWith(run.system.url))
    await page.getByRole('button', { name: /Ada/ }).click();
  await page.waitForURL(`${run.system.url}/blank`);
}

/** Ten minutes later: the browser has dropped the cookie, and the table no longer accepts it. */
async function tenMinutesPass(context: BrowserContext): Promise<void> {
  const visit = run.someone();
  const cookies = await context.cookies(run.system.url);
  visit.plant(sessionName, cookies.find(({ name }) => name === sessionName)?.value ?? '');
  await boundCookieEnds(visit);
  await context.clearCookies({ name: deviceName });
}

test('a sign-in binds, the bound cookie runs out, and a call goes on without the page noticing', async () => {
  const { context, page } = await signedIn();
  expect(await status(page)).toBe(200);
  await tenMinutesPass(context);
  const from = run.system.logs.length;
  expect(await status(page)).toBe(200);
  expect(count('device.refreshed', from)).toBe(1);
  expect(failures(from)).toEqual([]);
  const names = (await context.cookies(run.system.url)).map(({ name }) => name);
  expect(names).toContain(deviceName);
  await context.close();
});

test('all cookies in another profile are worth nothing once the ten minutes are over, and the owner notices nothing', async () => {
  const { context, page } = await signedIn();
  const thief = await browser.newContext();
  await thief.addCookies(await context.cookies(run.system.url));
  const elsewhere = await thief.newPage();
  await elsewhere.goto(`${run.system.url}/blank`);
  expect(await status(elsewhere)).toBe(200);
  await tenMinutesPass(context);
  expect(await status(elsewhere)).toBe(401);
  expect(await status(page)).toBe(200);
  expect(await status(elsewhere)).toBe(401);
  expect(await isBound(page)).toBe(true);
  await thief.close();
  await context.close();
});

test('a table that is away costs no key: the next call renews the cookie', async () => {
  const { context, page } = await signedIn();
  await tenMinutesPass(context);
  const from = run.system.logs.length;
  run.dynamodb.faults.fault = () => throttled;
  expect(await status(page)).toBe(503);
  expect(failures(from)).toContain('store_unavailable');
  run.dynamodb.faults.reset();
  await expect.poll(() => status(page)).toBe(200);
  expect(count('device.refreshed', from)).toBe(1);
  await context.close();
});

test('signing out makes the browser forget the key', async () => {
  const { context, page } = await signedIn();
  const left = await page.evaluate(
    async () =>
      (await fetch('/bff/logout', { method: 'POST', headers: { 'x-bff-csrf': '1' } })).status,
  );
  expect(left).toBe(204);
  expect(await context.cookies(run.system.url)).toEqual([]);
  const from = run.system.logs.length;
  await status(page, '/bff/session');
  await expect.poll(() => failures(from)).toEqual(['not_signed_in']);
  for (let i = 0; i < 3; i += 1) await status(page, '/bff/session');
  expect(failures(from)).toEqual(['not_signed_in']);
  await context.close();
});

test('a registration whose answer was lost leaves a session that nobody can use, and the next sign-in binds', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const from = run.system.logs.length;
  // The table binds the session, and whoever asked is never told.
  run.dynamodb.faults.fault = ({ operation }) =>
    operation === 'UpdateItem' && count('login.completed', from) > 0 ? 'lose_answer' : undefined;
  await signIn(page);
  await expect.poll(() => failures(from)).toContain('store_unavailable');
  run.dynamodb.faults.reset();
  expect(count('device.bound', from)).toBe(0);
  await expect.poll(() => status(page)).toBe(401);
  await signIn(page);
  await expect.poll(() => isBound(page)).toBe(true);
  expect(await status(page)).toBe(200);
  await context.close();
});

test('the page Inside lists the registration, and each renewal as it happens', async () => {
  const { context, page } = await signedIn();
  await page.goto(`${run.system.url}/inside`);
  const steps = (text: string) => page.locator('.steps li', { hasText: text });
  await steps('/bff/device/register').last().waitFor();
  const before = await steps('/bff/device/refresh').count();
  for (const more of [1, 2]) {
    await tenMinutesPass(context);
    expect(await status(page)).toBe(200);
    await expect.poll(() => steps('/bff/device/refresh').count()).toBe(before + more);
  }
  const last = steps('/bff/device/refresh').last();
  expect(await last.textContent()).toContain('200 ten more minutes');
  await last.locator('summary').click();
  await last.getByText('by the browser itself').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect.poll(() => steps('/bff/device').count()).toBe(0);
  await context.close();
});
