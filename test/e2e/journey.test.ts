import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freely, npmStart } from '../support/npm-start.ts';
import { launch, visitor } from './browser.ts';
import { findJwts, findSecrets, inside, recordNetwork, storage } from './seen.ts';
import { chooseAt, open } from './stand.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

describe('npm start', () => {
  test('a user signs in, reads the users through the broker, holds no token anywhere, and signs out', async () => {
    const url = await npmStart(freely).ready;
    const { context, page, faults } = await visitor(browser);
    const network = recordNetwork(context);

    await page.goto(url);
    await page.getByRole('link', { name: 'Sign in with Okta' }).click();
    await expect.poll(() => page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/signin\//);
    await chooseAt(page, 'Ada');
    expect(page.url()).toBe(`${url}/`);

    await open(page, 'Users');
    await page.getByRole('rowheader', { name: 'Grace Hopper' }).waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('11 to 20').waitFor();
    const seen = [await inside(page)];
    for (const name of ['Profile', 'Apps', 'Orders', 'Step-up', 'Inside']) {
      await open(page, name);
      seen.push(await inside(page));
    }
    seen.push(await storage(context), await network.all());

    const events: {
      kind: string;
      path: string;
      secrets?: Record<string, string>;
      proof?: object;
    }[] = await page.evaluate(async () => (await fetch('/__local/events')).json());
    const calls = events.filter(({ kind }) => kind === 'api');
    expect(calls.map(({ path }) => path)).toContain('/api/v1/users');
    expect(calls.every(({ proof }) => proof)).toBe(true);

    const hashes = (wanted: (name: string) => boolean) =>
      new Set(
        events.flatMap(({ secrets = {} }) =>
          Object.entries(secrets).flatMap(([name, hash]) => (wanted(name) ? [hash] : [])),
        ),
      );
    const tokens = hashes((name) => name !== 'code');
    expect(tokens.size).toBeGreaterThanOrEqual(2);
    expect(findSecrets(seen.flat(), tokens)).toEqual([]);
    expect(findJwts(seen.flat())).toEqual([]);
    // The code travels through the browser by design, worth nothing without verifier and key: the search finds it.
    const codes = hashes((name) => name === 'code');
    expect(findSecrets(seen.flat(), codes).join()).toContain('GET /bff/callback: address');

    const cookies = await context.cookies(url);
    const ours = cookies.filter(({ name }) => name.startsWith('__Host-'));
    expect(ours).toMatchObject([
      { name: '__Host-Http-bff', httpOnly: true, secure: true, sameSite: 'Strict', path: '/' },
    ]);
    // Nor does any script, answer or page hold the cookie.
    const value = ours[0]?.value ?? '';
    const leaks = seen
      .flat()
      .filter(({ where, text }) => !/^cookies$|: headers$/.test(where) && text.includes(value));
    expect(leaks.map(({ where }) => where)).toEqual([]);

    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL(`${url}/`);
    await page.getByRole('link', { name: 'Sign in with Okta' }).waitFor();
    expect((await context.cookies(url)).filter(({ name }) => name.startsWith('__Host-'))).toEqual(
      [],
    );
    expect(faults).toEqual([]);
  });
});
