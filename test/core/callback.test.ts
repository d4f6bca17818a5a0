import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finishSignIn } from '#core/callback.ts';
import { beginSignIn } from '#core/sign-in.ts';
import { elsewhere } from '#test/support/elsewhere.ts';
import { type Ground, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

describe('SB-1, pitfall 13: return_to is judged again at the callback', () => {
  test.each(elsewhere)('%j ends at the root', async (returnTo) => {
    const broker = ground.environment({}, { par: 'never' });
    const login = { returnTo, passedOn: {}, byIssuer: false };
    const { location, loginCookie } = await beginSignIn(broker, login, undefined);
    const state = new URL(location).searchParams.get('state') ?? '';
    const answer = new URLSearchParams({ state, error: 'access_denied' });
    expect(await finishSignIn(broker, answer, () => loginCookie.value)).toMatchObject({
      kind: 'failed',
      location: '/?login_error=access_denied',
    });
  });
});

test('pitfall 33: a sign-in that one environment began, another one finishes with the same key', async () => {
  const login = { returnTo: '/', passedOn: {}, byIssuer: false };
  const begun = await beginSignIn(ground.environment({}, { par: 'never' }), login, undefined);
  const asked = new URL(begun.location).searchParams;
  const query = new URLSearchParams({ state: asked.get('state') ?? '', code: 'unknown-code' });
  const outcome = await finishSignIn(ground.environment(), query, () => begun.loginCookie.value);
  expect(outcome).toMatchObject({ kind: 'failed', code: 'invalid_grant' });
  const proofs = ground.okta.events
    .list()
    .flatMap(({ kind, proof }) => (kind === 'token' && proof ? [proof.jkt] : []));
  expect(new Set(proofs)).toEqual(new Set([asked.get('dpop_jkt')]));
});
