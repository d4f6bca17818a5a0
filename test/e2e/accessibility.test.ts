import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { desktop, phone } from './browser.ts';
import { open, signIn, stand } from './stand.ts';

const here = stand();
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});

const looks = [
  ['desktop', { ...desktop, colorScheme: 'light' }],
  ['desktop, dark', { ...desktop, colorScheme: 'dark' }],
  ['phone', { ...phone, colorScheme: 'light' }],
] as const;

/** What axe objects to, over the whole page, by every rule that it has for WCAG 2.2 AA and good practice. */
async function objections(page: Page): Promise<string[]> {
  // Through the debugger, because no page here lets a script in.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (
      window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    ).axe.run();
    interface Violation {
      id: string;
      nodes: { html: string; failureSummary: string }[];
    }
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}

/** Wider than the window, and controls that a finger would miss. */
function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    const controls = [
      ...document.querySelectorAll<HTMLElement>('button, .button, nav a, summary, input'),
    ];
    const small = controls.filter((control) => {
      const { width, height } = control.getBoundingClientRect();
      return width > 0 && (height < 44 || width < 44);
    });
    return [
      ...(wide > 0 ? [`${wide} px too wide`] : []),
      ...small.map(({ outerHTML }) => `too small: ${outerHTML.slice(0, 120)}`),
    ];
  });
}

async function isFine(page: Page, { touch = true } = {}) {
  expect(await objections(page), page.url()).toEqual([]);
  expect(
    (await misfits(page)).filter((text) => touch || !text.startsWith('too small')),
    page.url(),
  ).toEqual([]);
}

test('axe objects where there is something to object to', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await page.evaluate(() => document.body.append(document.createElement('img')));
  expect((await objections(page)).join()).toContain('image-alt: <img>');
});

describe.each(looks)('on a %s', (_, look) => {
  test('every page of the app is accessible', async () => {
    const { page } = await here.visit(look);
    await page.goto(here.system.url);
    await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
    await isFine(page);
    await page.goto(`${here.system.url}/users`);
    await page.getByText('Sign in to see this page.').waitFor();
    await isFine(page);
    await page.goto(`${here.system.url}/nowhere`);
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    await isFine(page);
    await page.goto(`${here.system.url}/?login_error=access_denied`);
    await page.getByText('Okta did not let you in.').waitFor();
    await isFine(page);

    await page.goto(here.system.url);
    await signIn(page);
    await page.getByText('Hello, Ada').waitFor();
    await isFine(page);
    for (const name of ['Profile', 'Users', 'Apps', 'Orders', 'Step-up']) {
      await open(page, name);
      if (name === 'Orders') await page.getByRole('button', { name: 'Cancel o-1002' }).waitFor();
      await isFine(page);
    }
    await page.getByRole('button', { name: 'Read my account' }).click();
    await page.getByRole('dialog').waitFor();
    await isFine(page);
    await page.getByRole('button', { name: 'Not now' }).click();
    await open(page, 'Inside');
    for (const button of await page.locator('.thefts button').all()) await button.click();
    await expect.poll(() => page.getByText(/refused: /).count()).toBe(9);
    await page.locator('.steps summary').last().click();
    await isFine(page);
    await page.context().setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await isFine(page);
  });

  test('the broker’s own pages are accessible', async () => {
    const { page } = await here.visit(look);
    await page.goto(`${here.system.url}/bff/callback?code=x&state=y`);
    await page.getByRole('heading', { name: 'This sign-in cannot be finished' }).waitFor();
    await isFine(page);
    await page.goto(`${here.system.url}/bff/login?return_to=//evil.example`);
    await page.getByRole('link', { name: 'Back to the application' }).waitFor();
    await isFine(page);

    // A browser that does not keep the session's cookie: the third sign-in in a row is not started.
    await page.route('**/bff/session', (route) => route.abort());
    await page.goto(`${here.system.url}/bff/login`);
    await page.getByRole('button', { name: /Ada/ }).click();
    for (const _ of [2, 3]) {
      await page.waitForURL(`${here.system.url}/`);
      await page.context().clearCookies({ name: '__Host-Http-bff' });
      await page.goto(`${here.system.url}/bff/login`);
    }
    await page.getByRole('heading', { name: 'Signing in does not work' }).waitFor();
    await isFine(page);
  });

  test('a link on another site leads to a question first', async () => {
    const { page } = await here.visit(look);
    // The stand-in is another site.
    await page.goto(`${here.system.okta?.issuer}/signin/org/unknown`);
    await isFine(page, { touch: false });
    await page.evaluate(
      (url) => location.assign(url),
      `${here.system.url}/bff/login?return_to=/apps`,
    );
    await page.getByRole('heading', { name: 'Do you want to sign in?' }).waitFor();
    await isFine(page);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /Ada/ }).click();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
  });

  test('the stand-in’s pages are accessible', async () => {
    const { page } = await here.visit(look);
    await page.goto(`${here.system.url}/bff/login?acr_values=urn:okta:loa:2fa:any`);
    await page.getByRole('button', { name: /Ada/ }).waitFor();
    await isFine(page, { touch: false });
    await page.getByRole('button', { name: /Ada/ }).click();
    await page.getByLabel(/Code/).waitFor();
    await isFine(page, { touch: false });
  });
});

test('a move to another page is announced: title, heading, place in the navigation', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await signIn(page);
  await open(page, 'Apps');
  expect(await page.title()).toBe('Apps - okta-dpop-bff');
  expect(await page.locator('nav [aria-current=page]').textContent()).toBe('Apps');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  await page.goBack();
  await page.getByText('Hello, Ada').waitFor();
  expect(await page.title()).toBe('Home - okta-dpop-bff');
});

test('nothing moves for those who asked for less motion', async () => {
  const { page } = await here.visit({ reducedMotion: 'reduce' });
  await page.goto(here.system.url);
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return transitionDuration !== '0s' || animationName !== 'none';
      }).length,
  );
  expect(moving).toBe(0);
});
