// What the demo shows while something is under way, goes wrong, or is over.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { open, signIn, stand } from './stand.ts';

const here = stand();

async function signedIn() {
  const visit = await here.visit();
  await visit.page.goto(here.system.url);
  await signIn(visit.page);
  return visit;
}

test('the product has one name on every surface', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
  expect(await page.title()).toBe('Home - okta-dpop-bff');
  expect(await page.locator('.brand').textContent()).toBe('okta-dpop-bff');
  expect(await page.locator('.foot').textContent()).toContain('okta-dpop-bff');
  await page.getByRole('link', { name: 'Sign in with Okta' }).click();
  await page.getByText('to okta-dpop-bff').waitFor();
});

test('while a page loads, its own heading is there and the page before is gone', async () => {
  const { page } = await signedIn();
  await open(page, 'Profile');
  const gate = Promise.withResolvers<void>();
  await page.route('**/bff/api/v1/users?*', async (route) => {
    await gate.promise;
    await route.continue();
  });
  await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  await page.locator('main').getByText('Loading…').waitFor();
  expect(await page.getByRole('button', { name: 'Sign out everywhere' }).count()).toBe(0);
  expect(await page.locator('.announce').textContent()).toBe('Loading Users');
  gate.resolve();
  await page.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
  expect(await page.locator('.announce').textContent()).toBe('');
});

test('a first load whose answer is late is not an empty page', async () => {
  const { page } = await here.visit();
  const gate = Promise.withResolvers<void>();
  await page.route('**/bff/session', async (route) => {
    await gate.promise;
    await route.continue();
  });
  await page.goto(here.system.url);
  await page.getByText('Loading…').waitFor();
  gate.resolve();
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
});

test('whoever signs in again comes back to the same page of the directory', async () => {
  const { page } = await signedIn();
  await open(page, 'Users');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('Users 11 to 20').waitFor();
  await endSession(page);
  await page.getByRole('button', { name: 'Next' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('did not send is not kept').waitFor();
  await dialog.getByRole('link', { name: 'Sign in' }).click();
  await page.getByText('Users 11 to 20').waitFor();
});

test('whoever does not sign in again no longer sees the directory', async () => {
  const { page } = await signedIn();
  await open(page, 'Users');
  await endSession(page);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Not now' }).click();
  await page.getByText('Sign in to see this page.').waitFor();
  expect(await page.getByText('Ada Lovelace').count()).toBe(0);
});

test('a sign-out is confirmed where it ends, once', async () => {
  const { page } = await signedIn();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
  await page.reload();
  await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
  expect(await page.getByText('You are signed out.').count()).toBe(0);
});

test('a signed-out page offers the sign-in once', async () => {
  const { page } = await here.visit();
  for (const path of ['/', '/users', '/profile', '/inside']) {
    await page.goto(here.system.url + path);
    await page
      .getByRole('link', { name: /^Sign in/ })
      .first()
      .waitFor();
    expect(await page.getByRole('link', { name: /^Sign in/ }).count(), path).toBe(1);
  }
});

test('signing out without a connection says that the user is still signed in', async () => {
  const { page } = await signedIn();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are still signed in: signing out needs a connection.').waitFor();
});

test('a page that failed without a connection comes by itself when the connection is back', async () => {
  const { page } = await signedIn();
  await page.context().setOffline(true);
  await open(page, 'Users');
  await page.getByRole('alert').getByText('You are offline.').waitFor();
  await page.context().setOffline(false);
  await page.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
});

test('a rate limit says when to try again', async () => {
  const { page } = await signedIn();
  here.system.okta?.faults.set('api', 'rate_limited');
  await open(page, 'Users');
  await page.getByText(/Try again at .*, in \d+ seconds?\./).waitFor();
});

test('every column of the directory keeps its place from page to page', async () => {
  const { page } = await signedIn();
  await open(page, 'Users');
  await page.getByRole('rowheader').first().waitFor();
  const places = () =>
    page
      .locator('thead th')
      .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().x));
  const first = await places();
  const next = page.getByRole('button', { name: 'Next' });
  while (await next.isEnabled()) {
    const before = await page.locator('tbody').textContent();
    await next.click();
    await expect.poll(() => page.locator('tbody').textContent()).not.toBe(before);
    expect(await places()).toEqual(first);
  }
});

test('on the narrowest phone the header takes one line and no name breaks', async () => {
  const { page } = await here.visit({ viewport: { width: 320, height: 640 } });
  await page.goto(here.system.url);
  await signIn(page);
  await page.getByText('Hello, Ada').waitFor();
  const tops = await page
    .locator('.brand, .account')
    .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().top));
  expect(tops[0]).toBe(tops[1]);
  const heights = await page
    .locator('.nav a')
    .evaluateAll((links) => links.map((link) => link.getBoundingClientRect().height));
  expect(new Set(heights)).toEqual(new Set([44]));
});

test('an app’s id is shown whole', async () => {
  const { page } = await signedIn();
  await open(page, 'Apps');
  const cut = await page
    .locator('.tiles code')
    .evaluateAll((ids) => ids.filter((id) => id.scrollWidth > id.clientWidth).length);
  expect(cut).toBe(0);
});

test('a wrong password keeps the username', async () => {
  const { page } = await here.visit();
  await page.goto(`${here.system.url}/bff/login`);
  await page.getByLabel('Username').fill('grace');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('Unable to sign in.').waitFor();
  expect(await page.getByLabel('Username').inputValue()).toBe('grace');
});

test('the diagram fades where more of it is hidden', async () => {
  const { page } = await signedIn();
  await open(page, 'Inside');
  await page.getByText('From every browser that uses this local system').waitFor();
  const steps = page.locator('.steps');
  for (let calls = 0; calls < 8; calls++) {
    await page.getByRole('button', { name: 'Call the API' }).click();
  }
  await expect.poll(() => steps.getAttribute('class')).toMatch(/more-above/);
  await steps.evaluate((list) => list.scrollTo(0, 0));
  await expect.poll(() => steps.getAttribute('class')).toBe('steps more-below');
});

/** As an administrator would: the page learns of it by its next call. */
async function endSession(page: Page) {
  await page.context().clearCookies({ name: '__Host-Http-bff' });
}
