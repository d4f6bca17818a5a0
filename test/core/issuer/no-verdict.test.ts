// A fault is not a verdict: an answer that is no token response, or keys that cannot be fetched, end no session, raise no
// alarm, and revoke nothing that a session holds. Against a real table, real signatures and an Okta that rotates refresh tokens.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { openSession, type Session } from '#core/session/session.ts';
import {
  changed,
  expired,
  type Ground,
  reopened,
  signedIn,
  startGround,
} from '#test/support/ground.ts';
import { codeOf, tokensOn } from '#test/support/renewals.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());
afterEach(() => ground.okta.faults.clear());

const access = tokensOn(() => ground);

/** A session whose access token is over, and what happens from here on. */
async function waiting(broker: Broker = ground.environment()) {
  const session = await expired(broker, await signedIn(ground, broker));
  watch();
  return session;
}

function watch() {
  ground.okta.events.clear();
  ground.logged.length = 0;
}

const revocations = () => ground.okta.events.list().filter(({ kind }) => kind === 'revoke').length;
const logged = (name: string) =>
  ground.logged.filter((line) => line.name === name).map(({ fields }) => fields);
const isOpen = async ({ secret }: Session) =>
  (await openSession(ground.environment(), secret)) !== undefined;

const keyFaults = [
  'unavailable',
  'rate_limited',
  'drop_before',
  'hang',
  'not_json',
  'malformed',
  'none',
];

describe('the keys of the server cannot be fetched', () => {
  test.each(keyFaults)(
    'during a renewal (%s): the new tokens are kept, with the previous ID token',
    async (fault) => {
      const session = await waiting();
      ground.okta.faults.set('keys', fault);
      const cold = ground.environment();
      const renewed = await access(cold, session);
      expect(renewed.kind).toBe('ok');
      const stored = await reopened(cold, session.secret);
      expect(stored.content.refreshToken).not.toBe(session.content.refreshToken);
      expect(stored.content.idToken).toBe(session.content.idToken);
      expect(stored.content.claims).toEqual(session.content.claims);
      expect(logged('issuer.keys_unavailable')).toMatchObject([{ at: 'refresh' }]);
      expect([revocations(), logged('refresh.untrusted'), logged('session.ended')]).toEqual([
        0,
        [],
        [],
      ]);
      // The family of refresh tokens is alive, and with keys the ID token is the new one.
      ground.okta.faults.clear();
      const again = await expired(cold, stored);
      expect((await access(ground.environment(), again)).kind).toBe('ok');
      const { content } = await reopened(cold, session.secret);
      expect(content.idToken).not.toBe(session.content.idToken);
    },
  );

  test.each([
    ['another user', 'wrong_sub'],
    ['another issuer', 'wrong_iss'],
    ['another client', 'wrong_aud'],
    ['another access token', 'wrong_at_hash'],
    ['an algorithm that is none', 'alg_none'],
  ])('an ID token of %s is still untrusted', async (_name, value) => {
    const session = await waiting();
    ground.okta.faults.set('keys', 'unavailable');
    ground.okta.faults.set('idToken', { value, grantType: 'refresh_token' });
    expect(await access(ground.environment(), session)).toEqual({ kind: 'ended' });
    expect(logged('refresh.untrusted')).toHaveLength(1);
    expect(revocations()).toBe(2);
  });

  test.each(keyFaults)(
    'at the callback (%s): the sign-in fails without an alarm, and its tokens are revoked',
    async (fault) => {
      watch();
      ground.okta.faults.set('keys', fault);
      await expect(signedIn(ground)).rejects.toThrow('"code":"login_failed"');
      expect(logged('login.rejected')).toEqual([
        { code: 'login_failed', reason: 'keys_unavailable' },
      ]);
      expect(logged('issuer.keys_unavailable')).toMatchObject([{ at: 'login' }]);
      // No session holds them, so nobody could revoke them later.
      expect([revocations(), logged('login.untrusted')]).toEqual([2, []]);
    },
  );
});

describe('an answer that is not a token response', () => {
  test.each(['not_json', 'not_json_after', 'empty', 'cut_json', 'null_json', 'drop_after'])(
    'to a renewal (%s) is 503, and the next call renews',
    async (value) => {
      const broker = ground.environment();
      const session = await waiting(broker);
      ground.okta.faults.set('token', { value, times: 1, grantType: 'refresh_token' });
      expect(await codeOf(access(broker, session))).toBe('refresh_unavailable');
      expect([await isOpen(session), revocations(), logged('refresh.untrusted')]).toEqual([
        true,
        0,
        [],
      ]);
      expect((await access(broker, await reopened(broker, session.secret))).kind).toBe('ok');
    },
  );

  test.each([
    '[]',
    '{}',
    'null',
    '"access_token"',
    '{"access_token":""}',
    '{"access_token":null}',
    '[{"access_token":"a"}]',
    '{"error":"temporarily_unavailable"}',
  ])('with the body %s ends nothing, at a renewal and at the callback', async (body) => {
    const session = await waiting();
    const odd = () =>
      ground.environment({
        fetch: (request) =>
          request.url.endsWith('/token')
            ? Promise.resolve(
                new Response(body, { headers: { 'content-type': 'application/json' } }),
              )
            : fetch(request),
      });
    expect(await codeOf(access(odd(), session))).toBe('refresh_unavailable');
    expect(await isOpen(session)).toBe(true);
    await expect(signedIn(ground, odd())).rejects.toThrow('login_failed');
    expect([revocations(), logged('refresh.untrusted'), logged('login.untrusted')]).toEqual([
      0,
      [],
      [],
    ]);
  });

  test.each(['not_json', 'empty', 'cut_json', 'null_json'])(
    'to the code (%s) is a failed sign-in and no alarm',
    async (value) => {
      watch();
      ground.okta.faults.set('token', { value, grantType: 'authorization_code' });
      await expect(signedIn(ground)).rejects.toThrow('login_failed');
      expect([revocations(), logged('login.untrusted')]).toEqual([0, []]);
    },
  );
});

describe('a renewal that is refused without an OAuth error', () => {
  /** The session as it is after so many minutes of calls, one a minute, that were all refused. */
  async function refusedFor(minutes: number, value: string) {
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead };
    const broker = ground.environment(() => ({ clock }));
    let session = await waiting(broker);
    ground.okta.faults.set('token', { value, grantType: 'refresh_token' });
    const answers: string[] = [];
    for (let minute = 0; minute <= minutes; minute += 1) {
      answers.push(await codeOf(access(broker, session)));
      ahead += 60_000;
      const next = await openSession(broker, session.secret);
      if (!next) break;
      session = next;
    }
    return { broker, session, answers };
  }

  test.each(['refused_empty', 'refused_page'])(
    '%s: keeps the session for ten minutes, and ends it then',
    async (value) => {
      const { answers, session } = await refusedFor(15, value);
      expect(answers).toEqual([...Array(10).fill('refresh_unavailable'), 'ended']);
      expect(await isOpen(session)).toBe(false);
      expect(logged('session.ended')).toEqual([{ why: 'refused' }]);
      expect([revocations(), logged('refresh.untrusted')]).toEqual([0, []]);
    },
  );

  test('that stops in time is forgotten by the next renewal', async () => {
    const { session } = await refusedFor(8, 'refused_page');
    expect(session.content.refused).toBeDefined();
    ground.okta.faults.clear();
    const broker = ground.environment();
    expect((await access(broker, session)).kind).toBe('ok');
    const renewed = await reopened(broker, session.secret);
    expect(renewed.content.refused).toBeUndefined();
  });

  test('and refused again long afterwards is not one refusal that lasted', async () => {
    const broker = ground.environment();
    const session = await waiting(broker);
    const now = Math.floor(Date.now() / 1000);
    const old = await changed(broker, session, (content) => ({
      ...content,
      refused: { since: now - 3_600, last: now - 3_000 },
    }));
    ground.okta.faults.set('token', { value: 'refused_page', grantType: 'refresh_token' });
    expect(await codeOf(access(broker, old))).toBe('refresh_unavailable');
    expect(await isOpen(session)).toBe(true);
  });

  test.each(['unavailable', 'rate_limited', 'not_json', 'drop_before'])(
    'is not seen in the answer of a failing server (%s), which keeps the session for as long as it takes',
    async (value) => {
      const { answers } = await refusedFor(15, value);
      expect(new Set(answers)).toEqual(new Set(['refresh_unavailable']));
    },
  );
});

describe('a refreshed ID token', () => {
  test('with a later auth_time of the same user is not an attack: the first is kept', async () => {
    const broker = ground.environment();
    const session = await waiting(broker);
    ground.okta.faults.set('idToken', { value: 'later_auth_time', grantType: 'refresh_token' });
    expect((await access(broker, session)).kind).toBe('ok');
    const { content } = await reopened(broker, session.secret);
    expect(content.authTime).toBe(session.content.authTime);
    expect(logged('refresh.later_auth_time')).toHaveLength(1);
    expect([revocations(), logged('refresh.untrusted')]).toEqual([0, []]);
  });
});
