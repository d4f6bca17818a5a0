// What a token response must be at sign-in. The same for a renewal is in refresh.test.ts.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { issuerOf } from '#core/issuer/issuer.ts';
import { beginSignIn } from '#core/sign-in/begin.ts';
import { finishSignIn } from '#core/sign-in/callback.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import { type Ground, signedIn, startGround } from '#test/support/ground.ts';
import { startRecordingServer } from '#test/support/recording-server.ts';

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
    ['another issuer', 'wrong_iss'],
    ['another audience', 'wrong_aud'],
    ['an audience beside us', 'extra_aud'],
    ['given to another party', 'wrong_azp'],
    ['no signature', 'alg_none'],
    ['a MAC with the public key', 'alg_hs256'],
    ['a key that nobody publishes', 'unknown_kid'],
    ['a wrong signature', 'wrong_signature'],
    ['expired', 'expired'],
    ['issued in the future', 'future_iat'],
    ['issued long before it was asked for', 'stale_iat'],
    ['a user who signed in in the future', 'future_auth_time'],
    ['nobody: an empty subject', 'empty_sub'],
    ['another nonce', 'wrong_nonce'],
    ['no nonce', 'no_nonce'],
    ['a wrong at_hash', 'wrong_at_hash'],
  ])('%s', async (_name, value) => {
    ground.okta.faults.set('idToken', { value, grantType: 'authorization_code' });
    const { failure, stored, revoked } = await refused();
    expect(failure).toContain('"code":"login_failed"');
    expect({ stored, revoked }).toEqual({ stored: 1, revoked: 2 });
  });
});

describe('a token response', () => {
  test('of type Bearer is refused as a downgrade', async () => {
    ground.okta.faults.set('token', { value: 'bearer', grantType: 'authorization_code' });
    expect(await refused()).toMatchObject({
      failure: expect.stringContaining('login_failed'),
      reason: 'token_type is bearer, not DPoP',
      stored: 1,
      revoked: 2,
    });
  });

  test('without an ID token signs nobody in', async () => {
    ground.okta.faults.set('token', { value: 'no_id_token', grantType: 'authorization_code' });
    expect(await refused()).toMatchObject({ failure: expect.stringContaining('login_failed') });
  });

  test.each(['not_json', 'server_error', 'rate_limited', 'nonce_always', 'drop_before'])(
    'that is malformed or missing (%s) signs nobody in and causes no loop',
    async (value) => {
      ground.okta.faults.set('token', { value, grantType: 'authorization_code' });
      expect((await refused()).stored).toBe(1);
      const asked = ground.okta.events.list().filter(({ kind }) => kind === 'token').length;
      expect(asked).toBeLessThanOrEqual(2);
    },
  );
});

describe('an access token of a custom authorization server', () => {
  const own = () => ({
    issuer: ground.okta.customIssuer,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
  });

  test('that is bound to our key lets the user in', async () => {
    const session = await signedIn(ground, ground.environment({}, own()));
    expect(session.content.access['']?.token.split('.')).toHaveLength(3);
  });

  test('that is bound to another key is refused', async () => {
    // The key says another thumbprint of itself once the code is on its way.
    const forgetful = ({ signer }: Broker): Partial<Broker> => {
      let asked = 0;
      return {
        signer: {
          async key(id) {
            const key = await signer.key(id);
            if (id !== ground.keys.dpop || ++asked === 1) return key;
            return { ...key, jkt: 'the-thumbprint-of-another-key' };
          },
        },
      };
    };
    ground.logged.length = 0;
    const broker = ground.environment(forgetful, own());
    await expect(signedIn(ground, broker)).rejects.toThrow('login_failed');
    expect(ground.logged.at(-1)?.fields.reason).toBe('the access token is bound to another key');
  });
});

describe('an ID token that names an audience beside us', () => {
  const trusting = (trustedAudiences: string[]) =>
    signedIn(ground, ground.environment({}, { trustedAudiences }));

  test('is taken when the configuration trusts that audience and azp is us', async () => {
    ground.okta.faults.set('idToken', { value: 'extra_aud_azp', grantType: 'authorization_code' });
    expect((await trusting(['another-client'])).content.subject).toBeTruthy();
  });

  test.each([
    ['azp is missing', 'extra_aud', ['another-client']],
    ['it is not trusted', 'extra_aud_azp', ['some-other-client']],
    ['azp names another client', 'wrong_azp', ['another-client']],
  ])('is refused when %s', async (_name, value, trusted) => {
    ground.okta.faults.set('idToken', { value, grantType: 'authorization_code' });
    await expect(trusting(trusted)).rejects.toThrow('login_failed');
  });
});

describe('an access token that is a JWT, at an issuer without a path', () => {
  /** A server at a root, whose access tokens are bound to `jkt` or to nothing. */
  const signInAt = async (tokenPath: string, cnf: object) => {
    const server = await startRecordingServer();
    try {
      server.change('metadata', ({ body }) => ({
        body: { ...(body as object), token_endpoint: `${server.issuer}${tokenPath}` },
      }));
      const jwt = await server.sign({ sub: 'x', ...cnf });
      const broker = ground.environment(
        {
          fetch: (request) =>
            request.url.endsWith('/oauth2/v1/token')
              ? fetch(new Request(request.url.replace('/oauth2', ''), request))
              : fetch(request),
        },
        { issuer: server.issuer },
      );
      server.change('token', ({ body }) => ({ body: { ...(body as object), access_token: jwt } }));
      const login = parseLogin(new URLSearchParams(), broker.config);
      const begun = await beginSignIn(ground.request(broker), login, undefined);
      const at = await fetch(begun.location, { redirect: 'manual' });
      const { searchParams } = new URL(at.headers.get('location') ?? '');
      return (
        await finishSignIn(ground.request(broker), searchParams, () => begun.loginCookie.value)
      ).kind;
    } finally {
      await server.close();
    }
  };
  const ours = async () => ({
    cnf: { jkt: (await ground.environment().signer.key(ground.keys.dpop)).jkt },
  });

  test('must be bound to our key, as at any other', async () => {
    expect(await signInAt('/v1/token', {})).toBe('failed');
    expect(await signInAt('/v1/token', { cnf: { jkt: 'of-another-key' } })).toBe('failed');
    expect(await signInAt('/v1/token', await ours())).toBe('signed_in');
  });

  test('is opaque to us at Okta’s org, which is known by its endpoints', async () => {
    expect(await signInAt('/oauth2/v1/token', {})).toBe('signed_in');
  });
});

test('an unknown key id is looked up once, and does not make an environment ask for keys again and again', async () => {
  let asked = 0;
  const counting = (request: Request) => {
    if (request.url.endsWith('/keys')) asked += 1;
    return fetch(request);
  };
  const broker = ground.environment(({ clock }) => ({
    issuer: issuerOf({ fetch: counting, clock }, ground.okta.issuer, 'ES256'),
  }));
  ground.okta.faults.set('idToken', { value: 'unknown_kid', grantType: 'authorization_code' });
  for (let i = 0; i < 4; i++)
    await expect(signedIn(ground, broker)).rejects.toThrow('login_failed');
  // The first time it knew no keys; the second time the key might have been new.
  expect(asked).toBe(2);
});

describe('UserInfo', () => {
  const claims = ['sub', 'name', 'nickname'];
  const answering = (body: object) =>
    ground.environment(
      {
        fetch: (request) =>
          request.url.endsWith('/userinfo') ? Promise.resolve(Response.json(body)) : fetch(request),
      },
      { session: { claims } },
    );

  test('of the same user fills what the ID token lacks, and changes nothing in it', async () => {
    const sub = '00u1adalovelace0local';
    const { content } = await signedIn(ground, answering({ sub, nickname: 'Countess', name: 'X' }));
    expect(content.claims).toEqual({ sub, name: 'Ada Lovelace', nickname: 'Countess' });
  });

  test('of another user is not shown', async () => {
    const { content } = await signedIn(ground, answering({ sub: 'other', nickname: 'Mallory' }));
    expect(content.claims).not.toHaveProperty('nickname');
  });
});

describe('a clock', () => {
  const off = (seconds: number) =>
    ground.environment({ clock: { now: () => Date.now() + seconds * 1000 } });

  test('that is twenty seconds slow does no harm', async () => {
    expect((await signedIn(ground, off(-20))).content.subject).toBeTruthy();
  });

  test('that is ten minutes fast fails the sign-in after one more try, without a loop', async () => {
    ground.okta.events.clear();
    await expect(signedIn(ground, off(600))).rejects.toMatchObject({ code: 'login_failed' });
    expect(ground.okta.events.list().filter(({ kind }) => kind === 'par')).toHaveLength(2);
  });
});

test('the server decides how long an access token lives, the configuration how long a session does', async () => {
  const own = { session: { idleMinutes: 5, absoluteHours: 1 } };
  const { record, content } = await signedIn(ground, ground.environment({}, own));
  const { expiresAt = 0 } = content.access[''] ?? {};
  expect(
    Math.abs(expiresAt - record.createdAt - ground.okta.settings.accessTokenSeconds),
  ).toBeLessThan(5);
  expect([record.idleSeconds, record.expiresAt - record.createdAt]).toEqual([300, 3600]);
});

test('two cold environments prove the same key', async () => {
  const [one, two] = [await signedIn(ground), await signedIn(ground)];
  expect(one.record.key).toEqual(two.record.key);
});
