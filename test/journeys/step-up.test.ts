import { describe, expect, test } from 'vitest';
import { queryOf, running, sessionName } from '#test/support/running.ts';
import { callback, untilCallback } from '#test/support/sign-in-steps.ts';
import type { Visitor } from '#test/support/visitor.ts';

const run = running();
const { signedIn } = run;

const twoFactors = 'urn:okta:loa:2fa:any';
const factor = { code: '123456' };
const stepUp = async (visit: Visitor, query: string, more = {}) => {
  const url = await untilCallback(visit, `/bff/login?return_to=/there&${query}`, more);
  return callback(visit, url);
};
const shown = async (visit: Visitor) =>
  (await visit.fetch('/bff/session')).json<{ acr: string; amr: string[]; auth_time: number }>();
const revoked = () => run.okta.events.list().filter(({ kind }) => kind === 'revoke').length;

describe('a step-up', () => {
  test('ends where it began, with the requested level, a new session id and new tokens', async () => {
    const ada = await signedIn();
    expect((await shown(ada)).acr).toBe('urn:okta:loa:1fa:any');
    const first = ada.cookie(sessionName);
    const answer = await stepUp(ada, `acr_values=${twoFactors}`, { factor });
    expect(answer.headers.location).toBe('/there');
    expect(await shown(ada)).toMatchObject({ acr: twoFactors, amr: ['mfa', 'otp', 'pwd'] });
    expect(ada.cookie(sessionName)).not.toBe(first);
  });

  test('with max_age=0 asks the user again and yields a new auth_time', async () => {
    const ada = await signedIn();
    const answer = await stepUp(ada, 'max_age=0');
    expect(answer.headers.location).toBe('/there');
    expect((await shown(ada)).auth_time).toBeGreaterThanOrEqual(Math.floor(Date.now() / 1000) - 5);
  });

  test('a level above the one asked for will do', async () => {
    const ada = run.someone();
    await stepUp(ada, 'acr_values=phr', { factor: { key: '' } });
    expect((await shown(ada)).acr).toBe('phr');
    expect((await stepUp(ada, `acr_values=${twoFactors}`)).headers.location).toBe('/there');
    expect((await stepUp(ada, 'acr_values=urn:okta:loa:1fa:any')).headers.location).toBe('/there');
  });

  test('"if possible" is met by what was possible', async () => {
    const grace = await signedIn('grace');
    const answer = await stepUp(grace, `acr_values=${twoFactors}:ifpossible`, { user: 'grace' });
    expect(answer.headers.location).toBe('/there');
  });

  test('that Okta refuses reaches the page under its registered error code', async () => {
    const grace = await signedIn('grace');
    const answer = await stepUp(grace, 'acr_values=phr', { user: 'grace' });
    expect(queryOf(answer).get('login_error')).toBe('unmet_authentication_requirements');
  });

  test.each([
    ['an auth_time that is too old', 'max_age=60', 'stale_auth_time'],
    ['a missing auth_time', 'max_age=60', 'no_auth_time'],
    ['a lower level', `acr_values=${twoFactors}`, 'wrong_acr'],
  ])(
    '%s is refused: the session stays as it was, and what came is revoked',
    async (_name, query, fault) => {
      const ada = await signedIn();
      const before = {
        session: await shown(ada),
        cookie: ada.cookie(sessionName),
        revoked: revoked(),
      };
      run.okta.faults.set('idToken', { value: fault, grantType: 'authorization_code' });
      const answer = await stepUp(ada, query, { factor });
      expect(answer.headers.location).toBe('/there?login_error=login_failed');
      expect(await shown(ada)).toMatchObject(before.session);
      expect(ada.cookie(sessionName)).toBe(before.cookie);
      expect(revoked()).toBeGreaterThan(before.revoked);
    },
  );

  test('to a level that Okta does not know, and ignores, is refused here', async () => {
    const ada = await signedIn();
    const answer = await stepUp(ada, 'acr_values=urn:nobody:knows');
    expect(answer.headers.location).toBe('/there?login_error=login_failed');
  });
});
