// People while the token endpoint asks for a pause, through the whole system.
import { expect, test } from 'vitest';
import { codeOf, nothing, running, sessionName } from '#test/support/running.ts';

const run = running({ containers: 1, okta: { accessTokenSeconds: 1 } });
const api = '/bff/api/v1/users/me';

test('an outage costs each call one read, nobody a session, and no sign-in waits', async () => {
  const ada = await run.signedIn('ada');
  const grace = await run.signedIn('grace');
  const adasPhone = await run.signedIn('ada');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  run.okta.faults.set('token', { value: 'unavailable', grantType: 'refresh_token' });
  const refused = () =>
    run.okta.events.list().filter(({ grantType, status }) => grantType && status === 503).length;
  for (const one of [ada, grace]) {
    const answer = await one.fetch(api);
    expect([answer.status, codeOf(answer)]).toEqual([503, 'refresh_unavailable']);
    // The server said 30.
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(12);
  }
  expect(refused()).toBe(2);
  for (const one of [ada, grace, adasPhone]) {
    const { result, ...asked } = await run.asked(() => one.fetch(api));
    expect([result.status, codeOf(result)]).toEqual([503, 'refresh_unavailable']);
    expect(asked).toEqual({ ...nothing, reads: 1 });
    expect((await one.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
  }
  expect(refused()).toBe(2);
  const newcomer = run.someone();
  await newcomer.signIn('grace');
  expect(newcomer.cookie(sessionName)).toBeDefined();
  // Another environment knows nothing of the pause.
  run.okta.faults.clear();
  await run.system.redeploy({});
  for (const one of [ada, grace, adasPhone]) expect((await one.fetch(api)).status).toBe(200);
});
