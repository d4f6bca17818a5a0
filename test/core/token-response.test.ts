// What a token response must be at sign-in. The same for a renewal is in refresh.test.ts.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Ground, signedIn, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());
afterEach(() => ground.okta.faults.clear());

/** What is left of a sign-in that was refused. */
const refused = async () => {
  ground.okta.events.clear();
  ground.dynamodb.calls.reset();
  ground.logged.length = 0;
  const failure = await signedIn(ground).catch((fault: Error) => fault.message);
  return {
    failure,
    reason: ground.logged.find(({ name }) => name === 'login.rejected')?.fields.reason,
    // One: the transaction. A session would be a second.
    stored: ground.dynamodb.calls.count('PutItem'),
    revoked: ground.okta.events.list().filter(({ kind }) => kind === 'revoke').length,
  };
};

describe('an ID token that must not be used is stored nowhere, and its tokens are revoked', () => {
  test.each([
    ['ID-1: another issuer', 'wrong_iss'],
    ['ID-1: another audience', 'wrong_aud'],
    ['ID-1: an audience beside us', 'extra_aud'],
    ['ID-1: given to another party', 'wrong_azp'],
    ['ID-2: no signature', 'alg_none'],
    ['ID-2: a MAC with the public key', 'alg_hs256'],
    ['ID-2: a key that nobody publishes', 'unknown_kid'],
    ['ID-2: a wrong signature', 'wrong_signature'],
    ['ID-3: expired', 'expired'],
    ['ID-4: another nonce', 'wrong_nonce'],
    ['ID-4: no nonce', 'no_nonce'],
    ['ID-6: a wrong at_hash', 'wrong_at_hash'],
  ])('%s', async (_name, value) => {
    ground.okta.faults.set('idToken', { value, grantType: 'authorization_code' });
    const { failure, stored, revoked } = await refused();
    expect(failure).toContain('"code":"login_failed"');
    expect({ stored, revoked }).toEqual({ stored: 1, revoked: 2 });
  });
});

describe('a token response', () => {
  test('DP-15, pitfall 11: of type Bearer is a downgrade', async () => {
    ground.okta.faults.set('token', { value: 'bearer', grantType: 'authorization_code' });
    expect(await refused()).toMatchObject({
      failure: expect.stringContaining('login_failed'),
      reason: 'token_type is bearer, not DPoP',
      stored: 1,
      revoked: 2,
    });
  });

  test('without an ID token is no sign-in', async () => {
    ground.okta.faults.set('token', { value: 'no_id_token', grantType: 'authorization_code' });
    expect(await refused()).toMatchObject({ failure: expect.stringContaining('login_failed') });
  });

  test.each(['not_json', 'server_error', 'rate_limited', 'nonce_always', 'drop_before'])(
    'that is none (%s) is no sign-in, and no loop',
    async (value) => {
      ground.okta.faults.set('token', { value, grantType: 'authorization_code' });
      expect((await refused()).stored).toBe(1);
      const asked = ground.okta.events.list().filter(({ kind }) => kind === 'token').length;
      expect(asked).toBeLessThanOrEqual(2);
    },
  );
});
