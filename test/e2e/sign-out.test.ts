import { describe, expect, onTestFinished, test } from 'vitest';
import { tokenLike } from '#test/support/secrets.ts';
import { browsers } from './either-browser.ts';
import { signIn, stand } from './stand.ts';

const here = stand();

/** Signs Ada in and out again, and returns every address that the browser had and how it came to Okta's logout. */
async function signedOut() {
  const { page } = await here.visit();
  const addresses: string[] = [];
  const logouts: { method: string; body: string }[] = [];
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  page.on('request', (request) => {
    if (request.isNavigationRequest()) addresses.push(request.url());
    if (!/\/v1\/logout$/.test(new URL(request.url()).pathname)) return;
    logouts.push({ method: request.method(), body: request.postData() ?? '' });
  });
  await page.goto(here.system.url);
  await signIn(page);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page
    .getByRole('link', { name: /^Sign in/ })
    .first()
    .waitFor();
  expect(page.url()).toBe(`${here.system.url}/`);
  return {
    withToken: addresses.filter((url) => url.includes('id_token_hint') || tokenLike.test(url))
      .length,
    logouts,
  };
}

describe('signing out brings the ID token to Okta', () => {
  test('in the address, if nothing else is configured', async () => {
    const { withToken, logouts } = await signedOut();
    expect(withToken).toBeGreaterThan(0);
    expect(logouts).toEqual([{ method: 'GET', body: '' }]);
  });

  test('by a POST and in no address, if so configured, and comes back to the app', async () => {
    await here.system.redeploy({ logout: { method: 'post' } });
    const { withToken, logouts } = await signedOut();
    expect(withToken).toBe(0);
    expect(logouts).toEqual([
      { method: 'POST', body: expect.stringMatching(/^id_token_hint=eyJ[^&]+&client_id=/) },
    ]);
  });
});

describe('while the page leaves to sign out', () => {
  test.for(browsers)(
    'no impatient click can begin a sign-in or cancel the sign-out, in %s',
    async ([, openTab], { skip }) => {
      if (!openTab) return skip('No Firefox: install it, or name it in FIREFOX.');
      const tab = await openTab();
      onTestFinished(() => tab.close());
      const sees = (text: string) => expect.poll(tab.text).toContain(text);
      const ada = 'administrator, reads everything';
      await tab.goto(here.system.url);
      await tab.click('Sign in with Okta');
      await tab.click(ada);
      await sees('Hello, Ada');
      // The broker answers late, after the session is over.
      here.system.okta?.faults.set('revoke', 'hang');
      await tab.evaluate(`void setInterval(() => {
        for (const control of document.querySelectorAll('a, button'))
          if (/^Sign (in|out)/.test(control.textContent)) control.click();
      }, 100)`);
      await sees('You are signed out.');
      // The session at Okta is over, too: it asks who this is.
      await tab.click('Sign in with Okta');
      await sees(ada);
    },
  );

  test('stopping that keeps the user signed in, and they can sign out again', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await page.route('**/bff/logout', () => {}, { times: 1 });
    await page.evaluate(`void setTimeout(() => {
      document.querySelector('.account button').click();
      setTimeout(stop, 1_000);
      setInterval(() => document.querySelector('.account button')?.click(), 500);
    })`);
    await page.getByText('You are signed out.').waitFor();
  });

  test('a connection that breaks keeps the user signed in, and the back button shows it', async () => {
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    await page.route('**/bff/logout', (route) => route.abort());
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect.poll(() => page.url()).toMatch(/^chrome-error:/);
    await page.unroute('**/bff/logout');
    await page.goBack();
    await page.getByText('Hello, Ada').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByText('You are signed out.').waitFor();
  });
});

test('a network that is away is said on the page, and the user stays signed in', async () => {
  const { page } = await here.visit();
  await page.goto(here.system.url);
  await signIn(page);
  await page.route('**/bff/*', (route) => route.abort());
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are still signed in: signing out did not work.').waitFor();
  await page.getByText('Hello, Ada').waitFor();
  await page.unroute('**/bff/*');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
});
