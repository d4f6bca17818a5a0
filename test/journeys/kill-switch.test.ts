// A key is taken out while environments still use the ring as they last read it: for half a minute they do not know, and
// their users must not notice. Each function has one environment, so that it is always the one that does not know.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Operating, operating } from '#test/support/operating.ts';
import { loginPrefix, queryOf, running, sessionName } from '#test/support/running.ts';
import { arrive, begin, callback, untilCallback } from '#test/support/sign-in-steps.ts';
import type { Visitor } from '#test/support/visitor.ts';

const run = running({ containers: 1 });
const { someone, signedIn } = run;
let operator: Operating;
beforeAll(() => {
  operator = operating(run.system);
});
afterAll(() => operator?.close());

const call = async (one: Visitor) => (await one.fetch('/bff/api/v1/users?limit=1')).status;

/** Known to every environment as active; then another key is active, and it is taken out. */
async function takenOut(): Promise<string> {
  const known = await operator.active('dpop');
  const event = { action: 'rotate', driver: `d${Date.now()}`, settleSeconds: 0 } as const;
  expect(await operator.drive(event)).toMatchObject({ code: 'rotated' });
  expect(await operator.operate({ action: 'disable', key: known, now: true })).toMatchObject({
    code: 'disabled',
  });
  return known;
}

test('a sign-in that begins on a key that was taken out ends on the next one', async () => {
  await signedIn();
  const known = await takenOut();
  run.kms.calls.reset();
  const ada = someone();
  const page = await ada.signIn();
  expect([page.url.pathname, page.url.search]).toEqual(['/', '']);
  expect(await call(ada)).toBe(200);
  // Tried once: from then on the environment knows.
  expect(run.kms.calls.count('Sign', known)).toBe(1);
});

test('a sign-in whose key is taken out on its way starts over, and ends where it was going', async () => {
  const before = await signedIn();
  const ada = someone();
  const url = await untilCallback(ada, '/bff/login?return_to=%2Freports%3Fyear%3D2026');
  await takenOut();
  const again = await callback(ada, url);
  expect(new URL(again.headers.location ?? '').origin).toBe(run.okta.issuer);
  // The spent transaction's cookie made room for the new one's.
  expect(ada.cookieNames().filter((name) => name.startsWith(loginPrefix))).toHaveLength(1);
  const page = await arrive(ada, new URL(again.headers.location ?? ''));
  expect(page.url.pathname + page.url.search).toBe('/reports?year=2026');
  expect(await call(ada)).toBe(200);
  expect(await call(before)).toBe(401);
  expect(run.logged('login.started_over')).not.toEqual([]);
});

test('once no key is active nobody signs in, and everybody does soon after the next key is', async () => {
  await signedIn();
  for (const { id, state } of await operator.keys('dpop')) {
    if (state !== 'disabled') await operator.operate({ action: 'disable', key: id, now: true });
  }
  const ada = someone();
  expect(queryOf(await ada.signIn()).get('login_error')).toBe('login_failed');
  expect(ada.cookie(sessionName)).toBeUndefined();
  const page = await ada.navigate('/bff/login');
  expect(page.status).toBe(503);
  expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
  expect(await operator.drive({ action: 'rotate', driver: 'again' })).toMatchObject({
    code: 'rotated',
  });
  const begins = () => begin(ada).then(({ origin }) => origin, String);
  await expect.poll(begins, { timeout: 10_000 }).toBe(run.okta.issuer);
  await ada.signIn();
  expect(await call(ada)).toBe(200);
});
