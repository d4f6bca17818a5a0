// The keyboard alone. Where the focus is belongs to whoever types: nothing that arrives late may take it away.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { open, signIn, stand } from './stand.ts';

const here = stand();

test('everything can be done with the keyboard alone', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Sign in with Okta');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Ada/ }).waitFor();
  await tabTo(page, /Ada Lovelace/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Hello, Ada').waitFor();

  await tabTo(page, 'Users');
  await page.keyboard.press('Enter');
  await page.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
  await tabTo(page, 'Next');
  await page.keyboard.press('Enter');
  await page.getByText('11 to 20').waitFor();
  // The focus stays where the work goes on.
  expect(await focused(page)).toBe('Next');

  await tabTo(page, 'Step-up', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Read my account');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  expect(await focused(page)).toBe('Continue');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused(page)).toBe('Read my account');

  await tabTo(page, 'Sign out', 'Shift+Tab');
  await page.keyboard.press('Space');
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
});

test('an answer about the session that comes late takes the focus from nobody', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await signIn(page);
  await open(page, 'Step-up');
  await page.getByRole('button', { name: 'Read my account' }).click();
  await page.getByRole('dialog').waitFor();

  // Dropping the step-up asks how the session stands; meanwhile the user has moved on.
  const late = await hold(page, '**/bff/session');
  await page.keyboard.press('Escape');
  await late.asked;
  await tabTo(page, 'Sign out', 'Shift+Tab');
  await page.keyboard.down('Space');
  await late.answer();
  expect(await focused(page)).toBe('Sign out');
  await page.keyboard.up('Space');
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
});

test('a page that comes late takes the focus from nobody who has gone on', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await signIn(page);
  const late = await hold(page, '**/bff/api/v1/users?*');
  await tabTo(page, 'Users');
  await page.keyboard.press('Enter');
  await late.asked;
  expect(await focused(page)).toBe('Users');
  await tabTo(page, 'Sign out');
  await late.answer();
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  expect(await focused(page)).toBe('Sign out');
});

test('a notice that comes or goes takes the focus from nobody outside, and leaves it in the page', async () => {
  const { page } = await here.visit();
  await page.goto(`${here.system.url}/?login_error=access_denied`);
  await tabTo(page, 'Dismiss');
  await page.context().setOffline(true);
  await page.getByText('You are offline.').waitFor();
  expect(await focused(page)).toBe('Dismiss');
  await page.keyboard.press('Enter');
  await page.getByText('Okta did not let you in.').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
});

test('the pager gives the focus to its other button at the first page and at the last', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await signIn(page);
  await open(page, 'Users');
  const status = page.getByRole('status').filter({ hasText: / to / });
  await tabTo(page, 'Next');
  let pages = 1;
  while (await page.getByRole('button', { name: 'Next' }).isEnabled()) {
    const before = await status.textContent();
    await page.keyboard.press('Enter');
    await expect.poll(() => status.textContent()).not.toBe(before);
    await painted(page);
    pages++;
  }
  expect(pages).toBeGreaterThan(2);
  expect(await focused(page)).toBe('Previous');
  for (; pages > 1; pages--) {
    await page.keyboard.press('Enter');
    await painted(page);
  }
  expect(await status.textContent()).toBe('Users 1 to 10');
  expect(await focused(page)).toBe('Next');
});

/** From now on these answers wait until a test lets them go. */
async function hold(page: Page, what: string) {
  const gate = Promise.withResolvers<void>();
  const asked = page.waitForRequest(what);
  await page.route(what, async (route) => {
    await gate.promise;
    await route.continue();
  });
  return {
    asked,
    /** Until the page has made of it what it makes of it. */
    async answer() {
      const came = page.waitForResponse(what);
      gate.resolve();
      await (await came).finished();
      await painted(page);
    },
  };
}

/** Browsers take the focus from what is disabled or gone with the next frame. */
const painted = (page: Page) =>
  page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim());

async function tabTo(page: Page, wanted: string | RegExp, key = 'Tab') {
  for (let presses = 0; presses < 60; presses++) {
    const text = (await focused(page)) ?? '';
    if (typeof wanted === 'string' ? text === wanted : wanted.test(text) && text.length < 100)
      return;
    await page.keyboard.press(key);
  }
  throw new Error(`the keyboard does not reach ${wanted}`);
}
