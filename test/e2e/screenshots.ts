// npm run screenshots: every page as people see it, for docs/screenshots. Looked at, then committed.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { root } from '#infra/bundle.ts';
import { buildDemo } from '#infra/local/demo/index.ts';
import { startSystem } from '#infra/local/run/system.ts';
import { desktop, launch, phone, visitor } from './browser.ts';
import { open, signIn } from './stand.ts';

const folder = join(root, 'docs/screenshots');
const looks = {
  desktop: { ...desktop, colorScheme: 'light' },
  'desktop-dark': { ...desktop, colorScheme: 'dark' },
  phone: { ...phone, colorScheme: 'light', deviceScaleFactor: 1 },
} as const;

await mkdir(folder, { recursive: true });
const [demo, browser] = await Promise.all([buildDemo(), launch()]);
for (const [look, options] of Object.entries(looks)) {
  const system = await startSystem({ mounts: demo.mounts, environment: {}, orders: true });
  const { page, context } = await visitor(browser, { ...options, locale: 'en-GB' });
  await tour(page, system.url, async (name, fullPage = false) => {
    if (look === 'desktop-dark' && !/^(home|users|inside)$/.test(name)) return;
    await page.getByText('Loading…').waitFor({ state: 'hidden' });
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage, caret: 'hide' });
  });
  await context.close();
  await system.close();
}
await browser.close();
await demo.close();

async function tour(
  page: Page,
  url: string,
  shoot: (name: string, fullPage?: boolean) => Promise<void>,
) {
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
  await shoot('home', true);
  await page.getByRole('link', { name: 'Sign in with Okta' }).click();
  await page.getByRole('button', { name: /Ada/ }).waitFor();
  await shoot('stand-in-sign-in');
  await page.goto(url);
  await signIn(page);
  await page.getByText('Hello, Ada').waitFor();
  await shoot('hello');
  for (const name of ['Profile', 'Users', 'Apps', 'Orders', 'Step-up']) {
    await open(page, name);
    if (name === 'Orders') await page.getByRole('button', { name: 'Cancel o-1002' }).waitFor();
    await shoot(name.toLowerCase(), true);
  }
  await page.getByRole('button', { name: 'Read my account' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('step-up-question');
  await page.getByRole('link', { name: 'Continue' }).click();
  await page.getByLabel(/Code/).waitFor();
  await shoot('stand-in-second-factor');

  await page.goto(`${url}/inside`);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('button', { name: 'Revoke the access token, then call' }).click();
  await page.getByText(/, 1 refresh$/).waitFor();
  for (const button of await page.locator('.thefts button').all()) await button.click();
  await page.getByText('403 csrf').first().waitFor();
  await page.getByText('The orders API refused').nth(3).waitFor();
  await page.locator('.steps').evaluate((list) => list.scrollTo(0, 0));
  await shoot('inside', true);
  await page.locator('.steps summary', { hasText: 'proof' }).first().click();
  await page.locator('.lanes').evaluate((lanes) => lanes.scrollIntoView({ block: 'center' }));
  await shoot('inside-proof');

  await page.context().setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await shoot('offline');
  await page.context().setOffline(false);
  await page.goto(`${url}/bff/callback?code=x&state=y`);
  await shoot('broker-dead-sign-in');
  await page.goto(`${url}/?login_error=access_denied`);
  await page.getByText('Okta did not let you in.').waitFor();
  await shoot('refused');
}
