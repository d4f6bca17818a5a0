import { describe, expect, test } from 'vitest';
import { chooseAt, open, signIn, stand } from './stand.ts';

const here = stand();

describe('signing in', () => {
  test('comes back to the page that it started from', async () => {
    const { page } = await here.visit();
    await page.goto(`${here.system.url}/users?from=mail`);
    await signIn(page);
    expect(page.url()).toBe(`${here.system.url}/users?from=mail`);
    await page.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
  });

  test('in two tabs at once ends in one session that both share', async () => {
    const { context, page } = await here.visit();
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.goto(`${here.system.url}/users`);
      await tab
        .getByRole('link', { name: /^Sign in/ })
        .first()
        .waitFor();
    }
    await Promise.all(
      [page, other].map((tab) =>
        tab
          .getByRole('link', { name: /^Sign in/ })
          .first()
          .click(),
      ),
    );
    await Promise.all([page, other].map((tab) => tab.waitForURL(/\/signin\//)));
    await chooseAt(page, 'Ada');
    await chooseAt(other, 'Ada');
    for (const tab of [page, other]) {
      await tab.reload();
      await tab.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
    }
    const names = (await context.cookies(here.system.url)).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('__Host-'))).toEqual(['__Host-Http-bff']);
  });

  test('in one tab shows in another that was signed out', async () => {
    const { context, page } = await here.visit();
    const other = await context.newPage();
    await other.goto(`${here.system.url}/users`);
    await other.getByText('Sign in to see this page.').waitFor();
    await page.goto(here.system.url);
    await signIn(page);
    await other.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
  });

  test('is not undone by the back button', async () => {
    const { page } = await here.visit();
    await page.goto(`${here.system.url}/profile`);
    await signIn(page);
    await page.goBack();
    await page.goBack();
    await page.waitForURL(`${here.system.url}/profile`);
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  });

  test('from a bookmarked callback ends on a page that leads back, or to a sign-in where none is left', async () => {
    const { page } = await here.visit();
    const callback = page.waitForRequest(/\/bff\/callback/);
    await page.goto(here.system.url);
    await signIn(page);
    const url = (await callback).url();
    const signedIn = await page.goto(url);
    expect(signedIn?.status()).toBe(400);
    await page.getByRole('heading', { name: 'You are already signed in' }).waitFor();
    await page.getByRole('link', { name: 'Back to the application' }).click();
    await page.getByText('Hello, Ada').waitFor();

    await page.context().clearCookies({ name: '__Host-Http-bff' });
    const signedOut = await page.goto(url);
    expect(signedOut?.status()).toBe(400);
    await page.getByRole('heading', { name: 'This sign-in cannot be finished' }).waitFor();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByText('Hello, Ada').waitFor();
  });

  test('that Okta refuses says why, and does not start by itself again', async () => {
    const { page } = await here.visit();
    await page.goto(`${here.system.url}/users`);
    await page
      .getByRole('link', { name: /^Sign in/ })
      .first()
      .click();
    await page.getByRole('button', { name: /Eve/ }).click();
    await page.waitForURL(/login_error=access_denied/);
    await page.getByText('Okta did not let you in.').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    expect(page.url()).toBe(`${here.system.url}/users`);
  });

  test('with a second factor works where the org asks for one', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page, 'Mary', '123456');
    await open(page, 'Step-up');
    await page.getByText('Two factors', { exact: true }).waitFor();
  });

  test('without rights shows Okta’s own refusal', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page, 'Grace');
    await open(page, 'Users');
    await page.getByText('Okta refused.').waitFor();
    await page.getByText('You do not have permission to perform the requested action').waitFor();
  });

  test('of somebody else in another tab changes the page to that person', async () => {
    const { context, page } = await here.visit();
    await page.goto(`${here.system.url}/profile`);
    await signIn(page);
    const other = await context.newPage();
    await other.goto(`${here.system.url}/bff/login?prompt=login&return_to=/profile`);
    await chooseAt(other, 'Grace');
    await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
  });
});

describe('a step-up', () => {
  test('that the app asks for renews the session with two factors', async () => {
    const { context, page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    const [before] = await context.cookies(here.system.url);
    await open(page, 'Step-up');
    await page.getByRole('link', { name: 'Verify with two factors' }).click();
    await page.getByLabel(/Code/).fill('123456');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Two factors', { exact: true }).waitFor();
    expect(page.url()).toBe(`${here.system.url}/step-up`);
    const ours = (await context.cookies(here.system.url)).filter(
      ({ name }) => name === before?.name,
    );
    expect(ours).toHaveLength(1);
    expect(ours[0]?.value).not.toBe(before?.value);
  });

  test('that the API asks for opens a question, and the call works on the way back', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await open(page, 'Step-up');
    await page.getByRole('button', { name: 'Read my account' }).click();
    const question = page.getByRole('dialog', { name: 'One more step' });
    await question.getByRole('button', { name: 'Not now' }).click();
    await question.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Read my account' }).click();
    await question.getByRole('link', { name: 'Continue' }).click();
    await page.getByLabel(/Code/).fill('123456');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.waitForURL(`${here.system.url}/step-up`);
    await page.getByRole('button', { name: 'Read my account' }).click();
    await page.getByText('Lovelace', { exact: true }).waitFor();
  });
});

describe('signing out', () => {
  test('everywhere also ends the session at Okta', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await open(page, 'Profile');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('link', { name: 'Sign in with Okta' }).click();
    await page.getByRole('button', { name: /Ada/ }).waitFor();
  });

  test('here leaves the session at Okta, and stays on the page', async () => {
    const { context, page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await open(page, 'Profile');
    await page.getByRole('button', { name: 'Sign out here' }).click();
    await page.getByText('Sign in to see this page.').waitFor();
    expect(page.url()).toBe(`${here.system.url}/profile`);
    const names = (await context.cookies(here.system.url)).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('__Host-'))).toEqual([]);
    await page
      .getByRole('link', { name: /^Sign in/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  });

  test('in one tab empties the other', async () => {
    const { context, page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    const other = await context.newPage();
    await other.goto(`${here.system.url}/users`);
    await other.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await other.getByText('Sign in to see this page.').waitFor();
    expect(await other.getByText('Lovelace').count()).toBe(0);
  });

  test('is not undone by the back button', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await open(page, 'Users');
    await page.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
    while (!page.url().endsWith('/users')) await page.goBack();
    await page.getByText('Sign in to see this page.').waitFor();
    expect(await page.getByText('Lovelace').count()).toBe(0);
  });

  test('works when the authorization server is dead', async () => {
    const { context, page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    const other = await context.newPage();
    await other.goto(`${here.system.url}/users`);
    await other.getByRole('rowheader', { name: 'Ada Lovelace' }).waitFor();
    await here.system.okta?.close();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    // The way on to Okta leads nowhere, but this session is over before it.
    await expect.poll(() => page.url()).toMatch(/^chrome-error:/);
    const names = (await context.cookies(here.system.url)).map(({ name }) => name);
    expect(names).not.toContain('__Host-Http-bff');
    await other.getByText('Sign in to see this page.').waitFor();
    await page.goto(`${here.system.url}/users`);
    await page.getByText('Sign in to see this page.').waitFor();
  });
});
