// The panel over a developer's own app: `npm start -- --spa … --inside`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildOverlay } from '#infra/local/demo/overlay/index.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { createServerBff } from '#spa/client/server/index.ts';
import { serve } from '#test/support/loopback.ts';
import { launch, visitor } from './browser.ts';

let folder: string;
let browser: Browser;
let system: System;
let overlay: Awaited<ReturnType<typeof buildOverlay>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-app-'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><head><title>Mine</title></head><body><h1>My app</h1></body></html>',
  );
  [overlay, browser] = await Promise.all([buildOverlay({ folder }), launch()]);
  system = await startSystem({ mounts: overlay.mounts, spa: { folder }, environment: {} });
});
afterAll(async () => {
  await browser?.close();
  await system?.close();
  await overlay?.close();
  await rm(folder, { recursive: true, force: true });
});

test('it lists what went upstream for this page, decodes each proof, and explains a refusal', async () => {
  const { page, faults, context } = await visitor(browser);
  await page.goto(`${system.url}/bff/login`);
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.getByRole('heading', { name: 'My app' }).waitFor();
  // The sign-in that led here belongs to the page until it is loaded again.
  await page.getByRole('button', { name: /^Inside \d/ }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: /^Inside/ }).click();
  await page.getByText('Nothing went upstream since this page was loaded.').waitFor();

  const call = () =>
    page.evaluate(async () => {
      const answer = await fetch('/bff/api/v1/users/me', { headers: { 'X-BFF-CSRF': '1' } });
      return answer.status;
    });
  expect(await call()).toBe(200);
  const steps = page.locator('#okta-dpop-bff-inside li');
  const first = steps.filter({ hasText: 'GET /api/v1/users/me' }).last();
  await first.locator('summary').click();
  await first.getByText(`${system.okta?.issuer}/api/v1/users/me`).waitFor();

  const thief = await page.evaluate(async () => {
    const answer = await fetch('/__local/thefts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ theft: 'replay' }),
    });
    return (await answer.json()).status;
  });
  expect(thief).toBe(400);
  const refused = steps.filter({ hasText: '400 invalid_dpop_proof' }).first();
  await refused.locator('summary').click();
  await refused.getByText('The proof was sent twice.', { exact: false }).waitFor();
  await page.getByRole('button', { name: /1 refused/ }).waitFor();

  await page.keyboard.press('Escape');
  await expect
    .poll(() => page.getByRole('heading', { name: 'What went upstream' }).count())
    .toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

test('a page that is rendered on a server has the panel, which lists what that server called', async () => {
  let rendering: System | undefined;
  const { origin } = await serve(async (request, response) => {
    const bff = createServerBff({ origin: rendering?.url ?? '' })(request);
    const { authenticated } = await bff.session();
    const me = authenticated ? await bff.json<Me>('/bff/api/v1/users/me') : undefined;
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><html lang="en"><head><title>Mine</title></head>
      <body><h1>${me?.profile.email ?? 'Nobody'}</h1></body></html>`);
  });
  const spa = { url: origin, withCookie: true };
  const panel = await buildOverlay(spa);
  onTestFinished(() => panel.close());
  rendering = await startSystem({ mounts: panel.mounts, spa, environment: {} });
  onTestFinished(rendering.close);
  const { page, faults, context } = await visitor(browser);
  await page.goto(`${rendering.url}/bff/login`);
  await page.getByRole('button', { name: /Ada/ }).click();
  // A navigation that began at the issuer, another site, comes without the session's cookie.
  await page.getByRole('heading', { name: 'Nobody' }).waitFor();
  await page.goto(rendering.url);
  await page.getByRole('heading', { name: 'ada@example.com' }).waitFor();
  await page.getByRole('button', { name: /^Inside \d/ }).click();
  const calls = page.locator('#okta-dpop-bff-inside li');
  await calls.filter({ hasText: 'GET /api/v1/users/me' }).first().waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

interface Me {
  profile: { email: string };
}
