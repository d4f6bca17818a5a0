import { describe, expect, test } from 'vitest';
import { open, signIn, stand } from './stand.ts';

const here = stand();
const session = (minutes: number) => here.system.redeploy({ session: { idleMinutes: minutes } });

describe('a session', () => {
  test('warns before it ends, and goes on when the user says so', async () => {
    await session(1.9);
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    const left = page.locator('.notice strong');
    await page.getByText(/^Your session ends in 1:/).waitFor();
    // The idle time moves at most every tenth of it.
    await expect.poll(() => left.textContent()).toMatch(/^1:(3|2|1|0)/);
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await expect.poll(() => left.textContent()).toMatch(/^1:[45]/);
  });

  test('that has ended asks, keeps the page, and comes back to it', async () => {
    await session(0.05);
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await open(page, 'Profile');
    const question = page.getByRole('dialog', { name: 'Your session has ended' });
    await question.waitFor();
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    await session(30);
    await question.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
    expect(page.url()).toBe(`${here.system.url}/profile`);
  });

  test('that an administrator ends is over at the next call', async () => {
    await session(30);
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    const { url, okta, config } = here.system;
    const request = {
      url: `${url}/bff/global-token-revocation`,
      clientId: config.clientId,
      user: 'ada',
    };
    expect(await okta?.universalLogout(request)).toBe(204);
    await page.getByRole('navigation').getByRole('link', { name: 'Users', exact: true }).click();
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  });

  test('survives a time without a connection', async () => {
    await session(30);
    const { context, page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await context.setOffline(true);
    await page.getByText('You are offline. What you see may be out of date.').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Users', exact: true }).click();
    await page.getByText('Try again when the connection is back.').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    expect(page.url()).toBe(`${here.system.url}/users`);
    await context.setOffline(false);
    await page.locator('.notice').waitFor({ state: 'detached' });
    await page.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
  });

  test('is shown as unknown, not as ended, when the server fails', async () => {
    const { page } = await here.visit();
    await page.route('**/bff/session', (route) => route.abort());
    await page.goto(`${here.system.url}/users`);
    await page.getByText('The server cannot be reached.').waitFor();
    const asked = page.waitForRequest('**/bff/session');
    await page.getByRole('button', { name: 'Try again' }).click();
    await asked;
    // From here on the page asks again by itself as well: nobody has to press anything.
    await page.unroute('**/bff/session');
    await page.getByText('Sign in to see this page.').waitFor();
  });
});
