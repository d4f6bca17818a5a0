// DynamoDB does what it is asked, and its answer is lost on the way: the client repeats the request, and nobody notices.
import { describe, expect, test } from 'vitest';
import { logoutRequest } from '#infra/local/okta/index.ts';
import { queryOf, running, sessionName } from '#test/support/running.ts';
import type { Visitor } from '#test/support/visitor.ts';

const run = running();

const lose = (operation: string) => run.dynamodb.faults.failNext('lose_answer', { operation });
const revocations = () => run.okta.events.list().filter(({ kind }) => kind === 'revoke').length;
const ends = (from: number) => run.logged('session.ended', from).map(({ why }) => why);

describe('when the answer of the table is lost', () => {
  test('a sign-in is finished, and its address is a dead end afterwards', async () => {
    const ada = run.someone();
    const page = await ada.navigate('/bff/login');
    const toCallback = await ada.navigate(page.url.href, {
      from: run.okta.issuer,
      form: { sample: 'ada' },
      until: (next) => next.pathname === '/bff/callback',
    });
    const loginCookies = ada.cookieNames().map((name) => [name, ada.cookie(name)] as const);
    lose('UpdateItem');
    const callback = toCallback.headers.location ?? '';
    const end = await ada.navigate(callback, { from: run.okta.issuer, until: () => true });
    expect([end.status, end.headers.location]).toEqual([302, '/']);
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });

    const asked = run.okta.events.list().length;
    for (const [name, value] of loginCookies) ada.plant(name, value ?? '');
    const again = await ada.navigate(callback, { from: run.okta.issuer, until: () => true });
    expect(again.status).toBe(400);
    expect(run.okta.events.list()).toHaveLength(asked);
  });

  test.each<[string, (visit: Visitor) => ReturnType<Visitor['send']>]>([
    ['a form', (visit) => visit.navigate('/bff/logout', { form: {}, until: () => true })],
    ['a fetch', (visit) => visit.fetch('/bff/logout', { method: 'POST' })],
  ])('signing out by %s ends the session, revokes its tokens and is recorded', async (how, out) => {
    const ada = await run.signedIn();
    const cookie = ada.cookie(sessionName) ?? '';
    const [before, from] = [revocations(), run.system.logs.length];
    lose('DeleteItem');
    const answer = await out(ada);
    if (how === 'a form') expect(queryOf(answer).get('id_token_hint')).toMatch(/^eyJ/);
    else expect(answer.status).toBe(204);
    expect(revocations() - before).toBe(2);
    expect(ends(from)).toEqual(['signed_out']);
    ada.plant(sessionName, cookie);
    expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
  });

  test('Universal Logout of a user with a session is answered 204, and recorded', async () => {
    const grace = await run.signedIn('grace');
    const from = run.system.logs.length;
    lose('DeleteItem');
    const { bearer, body } = await logoutRequest(run.okta.servers.org, {
      url: `${run.system.url}/bff/global-token-revocation`,
      clientId: run.system.config.clientId,
      user: 'grace',
    });
    const answer = await run.someone().send('/bff/global-token-revocation', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(204);
    expect(ends(from)).toEqual(['universal_logout']);
    expect(run.logged('universal_logout.received', from)).toMatchObject([{ sessions: 1 }]);
    expect((await grace.fetch('/bff/session')).json()).toEqual({ authenticated: false });
  });
});
