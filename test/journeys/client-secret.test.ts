// An app with a client secret: it is in no configuration of a function, and read by those whose role may.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type RoleName, rights } from '#infra/aws/rights/rights.ts';
import type { Judged } from '#infra/local/aws/iam/guard.ts';
import { running } from '#test/support/running.ts';
import { callback, untilCallback } from '#test/support/sign-in-steps.ts';

const judged: Judged[] = [];
const run = running({
  config: {
    clientAuth: 'client_secret_basic',
    clientSecret: 'a-secret-of-32-characters-at-least',
    streaming: true,
  },
  // A second later each call renews its token.
  okta: { accessTokenSeconds: 1 },
  onJudged: (one) => void judged.push(one),
});
afterEach(() => run.system.secrets?.faults.reset());

test('signs users in and calls for them, by the functions that may read it and no others', async () => {
  const upstream = `${run.okta.issuer}/api/v1`;
  await run.system.redeploy({
    routes: [
      { path: '/bff/api/v1/*', upstream, stream: false },
      { path: '/bff/api/live/*', upstream, stream: true },
    ],
  });
  const ada = await run.signedIn();
  for (const path of ['/bff/api/v1/users?limit=1', '/bff/api/live/users?limit=1']) {
    await wait(1_100);
    expect((await ada.fetch(path)).status).toBe(200);
  }
  expect((await run.someone().send('/bff/jwks')).status).toBe(200);
  const readers = judged.filter(({ need }) => need.action === 'secretsmanager:GetSecretValue');
  expect(readers.every(({ verdict }) => verdict.allowed)).toBe(true);
  const names = Object.keys(rights) as RoleName[];
  expect(new Set(readers.map(({ caller }) => caller.name))).toEqual(
    new Set(names.filter((name) => rights[name].clientSecret)),
  );
  const authenticated = run.okta.events.list().filter(({ kind }) => kind === 'token');
  expect(authenticated.length).toBeGreaterThan(2);
});

test('while it cannot be read, people are told when to come back; then the same session goes on, and the next sign-in works', async () => {
  const away = () => ({ error: 'InternalServiceError', status: 500, message: 'arn:aws:secret' });
  const ada = await run.signedIn();
  const bob = run.someone();
  const callbackUrl = await untilCallback(bob);
  await wait(1_100);
  // Environments that have read it would keep it.
  await run.system.redeploy({});
  const { faults } = run.system.secrets ?? expect.fail('no secret is read');
  faults.fault = away;
  for (const answer of [
    await bob.navigate('/bff/login'),
    await ada.fetch('/bff/api/v1/users?limit=1'),
  ]) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.text).not.toContain('arn:');
  }
  // A code is for one try.
  const failed = await callback(bob, callbackUrl);
  expect(failed.headers.location).toBe('/?login_error=login_failed');
  faults.reset();
  expect((await ada.fetch('/bff/api/v1/users?limit=1')).status).toBe(200);
  const carl = await run.signedIn();
  expect((await carl.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
});
