import { expect, test } from 'vitest';
import { buildDemo } from '#infra/local/demo/index.ts';
import { startSystem } from '#infra/local/run/system.ts';
import { firefox, startFirefox } from './firefox.ts';

test('in Firefox a user signs in, turns the pages of an API to the last, and signs out', async ({
  skip,
  onTestFinished,
}) => {
  if (!firefox) return skip('No Firefox: install it, or name it in FIREFOX.');
  const demo = await buildDemo();
  onTestFinished(demo.close);
  const system = await startSystem({ mounts: demo.mounts, environment: {} });
  onTestFinished(system.close);
  const page = await startFirefox(firefox);
  onTestFinished(page.close);
  const sees = (text: string) => expect.poll(page.text).toContain(text);

  await page.goto(system.url);
  await page.click('Sign in with Okta');
  await page.click('Ada Lovelace');
  await sees('Hello, Ada');
  expect(await page.evaluate('document.cookie')).toBe('');

  await page.click('Users');
  await sees('ada@example.com');
  expect(system.okta?.events.list()).toContainEqual(
    expect.objectContaining({
      kind: 'api',
      path: expect.stringContaining('/api/v1/users'),
      scheme: 'DPoP',
      status: 200,
    }),
  );

  // To the last page, by the pager: the focus must not fall to the body.
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  await page.evaluate('document.querySelector(".row.between button:last-child").focus()');
  do {
    const before = await page.text();
    await page.evaluate('document.activeElement.click()');
    await expect.poll(page.text).not.toBe(before);
  } while ((await focused()) === 'Next');
  await expect.poll(focused).toBe('Previous');

  await page.click('Sign out');
  await sees('You are signed out.');
  await sees('Sign in with Okta');
  await page.goto(`${system.url}/users`);
  await sees('Sign in to see this page.');
});
