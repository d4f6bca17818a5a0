// A running deployment says once per environment what its configuration will not do, and counts it.
import { expect, test } from 'vitest';
import { running } from '#test/support/running.ts';

const run = running({ config: { scopes: ['openid', 'profile', 'offline_access'] } });

test('each environment that starts says once that nobody is found by e-mail', async () => {
  const someone = run.someone();
  for (let call = 0; call < 3; call++) await someone.fetch('/bff/session');
  const said = run.logged('config.warning');
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({ code: 'no_email_scope', 'config.warning': 1 });
});

test('nothing is said where the scopes have email', async () => {
  await run.system.redeploy({ scopes: ['openid', 'email', 'offline_access'] });
  const before = run.system.logs.length;
  await run.someone().fetch('/bff/session');
  expect(run.logged('config.warning', before)).toEqual([]);
});
