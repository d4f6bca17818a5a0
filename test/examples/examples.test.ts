// npm run test:examples: each example is installed from npm and from the packed package, built, and used in a browser.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { launch, visitor } from '../e2e/browser.ts';
import { firefox, startFirefox } from '../e2e/firefox.ts';
import { tarball } from '../package/packed.ts';
import { buildAll } from './building.ts';
import { rendersOnServer, serveExample } from './serving.ts';

const examples = (await readdir(join(root, 'examples'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const builds = buildAll(examples, tarball());
afterAll(() => builds[Symbol.asyncDispose]());

test.each(examples)('the example for %s signs in, shows the users, and signs out', async (name) => {
  const { url } = await serveExample(name, await builds.folderOf(name));
  const browser = await launch();
  onTestFinished(() => browser.close());
  const { page, faults } = await visitor(browser);
  page.setDefaultTimeout(120_000);
  // Printed if the test fails.
  onTestFinished(async () => console.log(page.url(), await page.locator('body').ariaSnapshot()));
  await page.goto(url);
  // A phone shows the page at its own width.
  expect(await page.locator('meta[name=viewport]').count()).toBe(1);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Grace/ }).click();
  // She may not read the directory: the app says so, in Okta's words.
  await page.getByRole('main').getByRole('alert').getByText('do not have permission').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.getByText('grace@example.com').waitFor();
  // The browser withholds the session's cookie when a link of another site opens the app.
  await page.goto(`data:text/html,<a href="${url}">the app</a>`);
  await page.getByRole('link', { name: 'the app' }).click();
  await page.getByText('grace@example.com').waitFor();
  if (!['astro', 'nuxt', 'sveltekit'].includes(name)) {
    // Those sign out by a form of their own; the others say that they could not.
    const signOut = page.getByRole('button', { name: 'Sign out' });
    // The client has asked for the session by then: what fails next is its question before it signs out.
    await signOut.waitFor();
    await page.route('**/bff/session', (route) => route.abort());
    const said = page.waitForEvent('dialog').then(async (dialog) => {
      await dialog.accept();
      return dialog.message();
    });
    await signOut.click();
    expect(await said).toContain('You are still signed in');
    await page.unroute('**/bff/session');
  }
  if (rendersOnServer(name)) {
    // A page for members alone sends everybody else to sign in, and they come back to it.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.goto(`${url}/members?page=2`);
    await page.getByRole('button', { name: /Ada/ }).click();
    await page.getByRole('heading', { name: 'Hello Ada Lovelace' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/members');
    await withoutSecrets(page);
    await page.goto(url);
  } else {
    // A deep link finds the scripts, too.
    await page.goto(`${url}/some/page`);
    await page.getByText('grace@example.com').waitFor();
  }
  // Only a page that is rendered on a server has them before any script runs.
  const sent = await withoutSecrets(page);
  expect(sent.includes('grace@example.com')).toBe(rendersOnServer(name));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  expect(await page.getByText(/Sign (in|out)/).count()).toBe(1);
  expect(faults).toEqual([]);
  // Firefox withholds the cookie as well when the sign-in leads back, and sends it once the page loads again.
  if (rendersOnServer(name) && firefox) {
    const tab = await startFirefox(firefox);
    onTestFinished(() => tab.close());
    await tab.goto(url);
    await tab.click('Sign in');
    await tab.click('Ada Lovelace');
    await expect.poll(tab.text, { timeout: 60_000 }).toContain('grace@example.com');
  }
});

/** What the server sends for this page: no token (a JWT begins so), and no cookie of the session. */
async function withoutSecrets(page: Page): Promise<string> {
  const sent = (await (await page.reload())?.text()) ?? '';
  expect(sent).not.toMatch(/eyJ|__Host-/);
  const cookies = await page.context().cookies(page.url());
  const session = cookies.find(({ name }) => name === '__Host-Http-bff');
  expect(session?.value).toMatch(/.{40}/);
  expect(sent).not.toContain(session?.value);
  return sent;
}
