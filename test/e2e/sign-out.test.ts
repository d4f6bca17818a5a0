import { describe, expect, test } from 'vitest';
import { tokenLike } from '#test/support/secrets.ts';
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
