// A stock Firefox, which binds no session to its device, over TLS: where binding is preferred it works as ever, and where
// it is required a page says what to do.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDemo, type Demo } from '#infra/local/demo/index.ts';
import { boundSessions, secondsNow } from '#test/support/bound-sessions.ts';
import { part, running, sessionName } from '#test/support/running.ts';
import { type Firefox, firefox, startFirefox } from './firefox.ts';

let demo: Demo;
let page: Firefox | undefined;
beforeAll(async () => {
  demo = await buildDemo();
});
const run = running(() => ({
  https: true,
  mounts: demo.mounts,
  environment: {},
  config: { session: { deviceBound: 'prefer' }, pages: { name: 'Acme' } },
}));
beforeAll(async () => {
  if (firefox) page = await startFirefox(firefox);
});
afterAll(async () => {
  await page?.close();
  await demo?.close();
});

const sees = (text: string) => expect.poll(() => part(page).text()).toContain(text);

async function signIn(): Promise<void> {
  const { goto, click, text } = part(page);
  // A machine that is busy with cold starts may be too slow for the first one, which then says so.
  const begun = async () => {
    await goto(`${run.system.url}/bff/login?return_to=%2Fusers`);
    return text();
  };
  await expect.poll(begun).toContain('Ada Lovelace');
  await click('Ada Lovelace');
  await sees('ada@example.com');
}

/** The minute in which a browser may register its key is over. */
async function aMinutePasses(): Promise<void> {
  const visit = run.someone();
  visit.plant(sessionName, (await part(page).cookie(sessionName)) ?? '');
  await boundSessions(run).setTimes(visit, { createdAt: secondsNow() - 60 });
}

const call = (path = '/bff/api/v1/users?limit=1') =>
  part(page).evaluate<number>(
    `fetch(${JSON.stringify(path)}, { headers: { 'x-bff-csrf': '1' } }).then(({ status }) => status)`,
  );

describe.skipIf(!firefox)('Firefox', () => {
  test('works as ever where binding is preferred: sign-in, calls later than a minute, sign-out', async () => {
    await signIn();
    expect(await part(page).evaluate('isSecureContext && location.protocol')).toBe('https:');
    expect(run.logged('login.completed')).toHaveLength(1);
    await aMinutePasses();
    expect(await call()).toBe(200);
    expect(run.logged('device.bound')).toEqual([]);
    await part(page).click('Sign out');
    await sees('You are signed out.');
  });

  test('gets a page that says what to do where binding is required, and another try leads back to the app', async () => {
    await run.system.redeploy({ session: { deviceBound: 'require' } });
    await signIn();
    expect(await call()).toBe(200);
    await aMinutePasses();
    expect(await call()).toBe(401);
    const { goto, click, evaluate } = part(page);
    await goto(`${run.system.url}/bff/login?return_to=%2Fusers`);
    await sees('This browser has not tied your sign-in to this device');
    await sees('Chrome and Edge');
    const axe = await readFile(
      createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
      'utf8',
    );
    await evaluate(`${axe}; undefined`);
    expect(await evaluate('axe.run().then(({ violations }) => JSON.stringify(violations))')).toBe(
      '[]',
    );
    await click('Try again');
    await sees('ada@example.com');
    expect(await evaluate('location.pathname')).toBe('/users');
    expect(await call()).toBe(200);
  });

  test('is not sent in circles: the app’s own sign-in leads to that page, and no sign-in begins', async () => {
    await aMinutePasses();
    const from = run.system.logs.length;
    const { goto } = part(page);
    await goto(`${run.system.url}/users`);
    await part(page).click('Sign in');
    await sees('This browser has not tied your sign-in to this device');
    expect(run.logged('login.started', from)).toEqual([]);
    expect(await part(page).evaluate('location.search')).toBe('?return_to=%2Fusers');
  });
});
