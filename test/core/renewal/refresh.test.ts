// The states of docs/sessions.md, edge by edge, against a real table, real signatures and an Okta that
// rotates refresh tokens, detects their reuse and has a grace for it.
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import type { Fetch } from '#core/ports.ts';
import { ownAudience } from '#core/renewal/refresh.ts';
import { type TokenForCall, tokenForCall } from '#core/renewal/token-for-call.ts';
import { endUser } from '#core/session/ending.ts';
import { emailHash, everyoneHash } from '#core/session/lookup-hashes.ts';
import { openSession, type Session } from '#core/session/session.ts';
import { signOut } from '#core/sign-out/by-user.ts';
import { type Person, people } from '#infra/local/okta/people/people.ts';
import { redacted } from '#infra/local/okta/switchboard/events.ts';
import {
  changed,
  expired,
  type Ground,
  nearlyExpired,
  reopened,
  signedIn,
  startGround,
} from '#test/support/ground.ts';
import { anyPauseMs, codeOf, pass, tokensOn } from '#test/support/renewals.ts';
import { requestOn } from '#test/support/requests.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());
afterEach(async () => {
  vi.useRealTimers();
  await ground.kmsClient.send(new EnableKeyCommand({ KeyId: ground.keys.dpop }));
  ground.okta.faults.clear();
  ground.dynamodb.faults.reset();
  ground.kms.faults.reset();
});

const access = tokensOn(() => ground);
const tokenOf = (result: TokenForCall) => (result.kind === 'ok' ? result.token : result.kind);
const refreshesDuring = async (run: () => Promise<unknown>) => {
  const before = ground.refreshes();
  await run();
  return ground.refreshes() - before;
};
/** An environment for which the lease that is held now is over. */
const afterTheLease = () => ground.environment({ sessions: ground.sessionsIn(16_000) });
const isRefresh = async (request: Request) =>
  request.url.endsWith('/token') && (await request.clone().text()).includes('refresh_token');

describe('one renewal, many callers', () => {
  test('50 calls over 8 environments make one token call, and all get its token', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const environments = Array.from({ length: 8 }, () => ground.environment());
    let results: TokenForCall[] = [];
    const calls = await refreshesDuring(async () => {
      results = await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          const own = environments[i % 8] as Broker;
          return access(own, await reopened(own, session.secret));
        }),
      );
    });
    expect(calls).toBe(1);
    expect(new Set(results.map(tokenOf)).size).toBe(1);
    expect(tokenOf(results[0] as TokenForCall)).not.toBe(session.content.access['']?.token);
  });

  test('a caller whose token still works does not wait for the one that renews it', async () => {
    const broker = ground.environment();
    const session = await nearlyExpired(broker, await signedIn(ground, broker));
    const held = heldBack();
    const owner = access(ground.environment({ fetch: held.fetch }), session);
    await held.reached;
    expect(tokenOf(await access(ground.environment(), session))).toBe(
      session.content.access['']?.token,
    );
    held.release();
    expect(tokenOf(await owner)).not.toBe(session.content.access['']?.token);
  });

  test('a caller whose token has expired waits for the next version', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const held = heldBack();
    const owner = access(ground.environment({ fetch: held.fetch }), session);
    await held.reached;
    const waiting = new Promise<void>((resolve) => {
      const log = (name: string) => name === 'refresh.waited' && resolve();
      const request = requestOn(ground.environment(), log);
      void tokenForCall(request, session, ownAudience).then((result) => other.resolve(result));
    });
    const other = Promise.withResolvers<TokenForCall>();
    await waiting;
    held.release();
    expect(tokenOf(await other.promise)).toBe(tokenOf(await owner));
  });

  test('a token that an API refused is renewed once for all who were refused', async () => {
    const broker = ground.environment();
    const session = await signedIn(ground, broker);
    const refused = session.content.access['']?.token ?? '';
    let results: TokenForCall[] = [];
    const calls = await refreshesDuring(async () => {
      results = await Promise.all([1, 2, 3, 4].map(() => access(broker, session, refused)));
      // One who was refused a moment later finds it renewed.
      results.push(await access(broker, session, refused));
    });
    expect(calls).toBe(1);
    expect(new Set(results.map(tokenOf)).size).toBe(1);
    expect(tokenOf(results[0] as TokenForCall)).not.toBe(refused);
  });

  test('a wait has an end, with Retry-After', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    await broker.sessions.takeLease(session.record.id, session.record.version, {
      owner: 'somebody',
      until: Math.floor(Date.now() / 1000) + 3600,
    });
    // A clock that runs ahead for the caller's own patience only.
    let ahead = 0;
    const clock = {
      now() {
        ahead += 3_000;
        return Date.now() + ahead;
      },
    };
    const impatient = { ...ground.environment(), clock };
    const fault = await access(impatient, session).catch((thrown: BrokerError) => thrown);
    expect(fault).toMatchObject({ code: 'refresh_unavailable' });
    expect((fault as BrokerError).headers['retry-after']).toMatch(/^[1-9]$/);
  });
});

describe('the owner dies', () => {
  test('before the call: the next one takes over when the lease is over', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const died = dying('before');
    void access(ground.environment({ fetch: died.fetch }), session).catch(() => {});
    await died.dead;
    const next = afterTheLease();
    expect((await access(next, await reopened(next, session.secret))).kind).toBe('ok');
  });

  test('after the answer: the next one repeats the call within Okta’s grace period', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const died = dying('after');
    void access(ground.environment({ fetch: died.fetch }), session).catch(() => {});
    await died.dead;
    const next = afterTheLease();
    const renewed = await access(next, await reopened(next, session.secret));
    expect(renewed.kind).toBe('ok');
    // And the session can be renewed again: the family of refresh tokens is alive.
    const again = await access(
      ground.environment(),
      await reopened(broker, session.secret),
      tokenOf(renewed),
    );
    expect(again.kind).toBe('ok');
  });

  test('after the write: the next one finds the new tokens and calls nobody', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const written = Promise.withResolvers<void>();
    const owner = ground.environment(({ sessions }) => ({
      sessions: {
        ...sessions,
        async replaceTokens(...args) {
          await sessions.replaceTokens(...args);
          written.resolve();
          return new Promise(() => {});
        },
      },
    }));
    void access(owner, session);
    await written.promise;
    const calls = await refreshesDuring(async () => {
      const next = ground.environment();
      expect((await access(next, await reopened(next, session.secret))).kind).toBe('ok');
    });
    expect(calls).toBe(0);
  });

  test('only slow, not dead: its answer comes too late and is not stored over the newer one', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const held = heldBack();
    const slow = access(ground.environment({ fetch: held.fetch }), session);
    await held.reached;
    const next = afterTheLease();
    const taken = await access(next, await reopened(next, session.secret));
    held.release();
    expect(tokenOf(await slow)).toBe(tokenOf(taken));
    const stored = await reopened(broker, session.secret);
    expect(stored.content.access['']?.token).toBe(tokenOf(taken));
    expect(stored.record.version).toBe(session.record.version + 1);
  });
});

describe('what is not final keeps the session', () => {
  test.each([
    ['rate_limited', anyPauseMs],
    ['rate_limited_as_invalid_grant', anyPauseMs],
    ['unavailable', anyPauseMs],
    ['server_error', 0],
    ['drop_before', 0],
    ['drop_after', 0],
  ])('%s: 503 without a usable token, and a call %i ms later renews', async (fault, waitMs) => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    ground.okta.faults.set('token', { value: fault, times: 1, grantType: 'refresh_token' });
    expect(await codeOf(access(broker, session))).toBe('refresh_unavailable');
    if (waitMs > 0) pass(waitMs);
    expect((await access(broker, await reopened(broker, session.secret))).kind).toBe('ok');
  });

  test.each(['rate_limited', 'server_error', 'drop_before'])(
    '%s: the token at hand is used while it works',
    async (fault) => {
      const broker = ground.environment();
      const session = await nearlyExpired(broker, await signedIn(ground, broker));
      ground.okta.faults.set('token', { value: fault, times: 1, grantType: 'refresh_token' });
      expect(tokenOf(await access(broker, session))).toBe(session.content.access['']?.token);
    },
  );

  test('a client that the server does not know is logged as the server said it', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const stranger = ground.environment({}, { clientId: 'nobody' });
    const logged = ground.logged.length;
    expect(await codeOf(access(stranger, session))).toBe('refresh_unavailable');
    expect(ground.logged.slice(logged)).toEqual(
      expect.arrayContaining([
        { name: 'refresh.refused', fields: { error: 'invalid_client' } },
        { name: 'refresh.failed', fields: { status: 401 } },
      ]),
    );
  });

  test('metadata that cannot be fetched keep it, too', async () => {
    const session = await expired(ground.environment(), await signedIn(ground));
    ground.okta.faults.set('metadata', 'unavailable');
    expect(await codeOf(access(ground.environment(), session))).toBe('refresh_unavailable');
    ground.okta.faults.clear();
    expect((await access(ground.environment(), session)).kind).toBe('ok');
  });
});

describe('what is final ends it', () => {
  const ended = async (session: Session) =>
    (await openSession(ground.environment(), session.secret)) === undefined;
  const whyLast = () => ground.logged.filter(({ name }) => name === 'session.ended').at(-1)?.fields;

  test('a refresh token that is refused', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    ground.okta.faults.set('token', {
      value: 'invalid_grant',
      times: 1,
      grantType: 'refresh_token',
    });
    expect(await access(broker, session)).toEqual({ kind: 'ended' });
    expect(await ended(session)).toBe(true);
    expect(whyLast()).toEqual({ why: 'invalid_grant' });
  });

  test('but not when somebody else renewed it while we asked', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const held = heldBack();
    const stale = access(ground.environment({ fetch: held.fetch }), session);
    await held.reached;
    const next = afterTheLease();
    const fresh = await access(next, await reopened(next, session.secret));
    ground.okta.faults.set('token', {
      value: 'invalid_grant',
      times: 1,
      grantType: 'refresh_token',
    });
    held.release();
    expect(tokenOf(await stale)).toBe(tokenOf(fresh));
    expect(await ended(session)).toBe(false);
  });

  test.each([
    ['an answer of type Bearer', 'token', 'bearer'],
    ['another user', 'idToken', 'wrong_sub'],
    ['another issuer', 'idToken', 'wrong_iss'],
    ['a bad signature', 'idToken', 'wrong_signature'],
    ['a wrong at_hash', 'idToken', 'wrong_at_hash'],
    ['another auth_time', 'idToken', 'stale_auth_time'],
  ] as const)('%s: it is revoked, not stored and not used', async (_name, kind, value) => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    ground.okta.faults.set(kind, { value, times: 1, grantType: 'refresh_token' });
    ground.okta.events.clear();
    expect(await access(broker, session)).toEqual({ kind: 'ended' });
    expect(await ended(session)).toBe(true);
    const revoked = ground.okta.events.list().filter((event) => event.kind === 'revoke');
    expect(revoked.map(({ status }) => status)).toEqual([200, 200]);
  });

  describe('a sign-out everywhere that did not find the session, because the index lagged behind', () => {
    const lagging = () =>
      ground.environment(({ sessions }) => ({
        sessions: {
          ...sessions,
          async *find() {},
        },
      }));

    test.each(['subject', 'email', 'sid', 'everyone'] as const)(
      'of its %s: nothing is renewed, and its refresh token is revoked',
      async (by) => {
        const broker = ground.environment();
        const session = await nearlyExpired(broker, await signedIn(ground, broker));
        if (by === 'everyone') await broker.marks.markSignedOut(everyoneHash, Date.now() / 1000);
        else
          await endUser(
            ground.request(lagging()),
            by,
            session.record.index[by] ?? '',
            'universal_logout',
          );
        ground.okta.events.clear();
        expect(await access(broker, session)).toEqual({ kind: 'ended' });
        expect(await ended(session)).toBe(true);
        expect(whyLast()).toEqual({ why: 'revoked' });
        const [revoked, ...others] = ground.okta.events.list();
        expect([revoked?.kind, revoked?.status, others]).toEqual(['revoke', 200, []]);
        const { refreshToken = '' } = session.content;
        expect(revoked?.secrets?.token).toBe(redacted(refreshToken));
      },
    );

    describe('of a user whose address has changed since', () => {
      const ada = people.find(({ username }) => username === 'ada') as Person;
      const { email: before } = ada;
      const address = { old: before, now: 'ada.new@example.com' };
      afterEach(() => {
        ada.email = address.old;
      });
      const foundBy = async (broker: Broker, email: string) => {
        const ids: string[] = [];
        const hash = emailHash(broker.config.issuer, email);
        for await (const id of broker.sessions.find('email', hash)) ids.push(id);
        return ids;
      };

      test('a renewal brings the new one, at no further write: the session is found by it, and no more by the old', async () => {
        const broker = ground.environment();
        const session = await expired(broker, await signedIn(ground, broker));
        const { id } = session.record;
        expect(await foundBy(broker, address.old)).toContain(id);
        ada.email = address.now;
        ground.dynamodb.calls.reset();
        expect((await access(broker, session)).kind).toBe('ok');
        // The lease and the tokens.
        expect(ground.dynamodb.calls.count('UpdateItem')).toBe(2);
        expect(await foundBy(broker, address.now)).toEqual([id]);
        expect(await foundBy(broker, address.old)).not.toContain(id);
        const { found } = await endUser(
          ground.request(broker),
          'email',
          emailHash(broker.config.issuer, address.now),
          'universal_logout',
        );
        expect(found).toBe(1);
        expect(await ended(session)).toBe(true);
      });

      test('by the new one, before a renewal brought it: the session ends then, and what came is revoked', async () => {
        const broker = ground.environment();
        const session = await expired(broker, await signedIn(ground, broker));
        ada.email = address.now;
        const hash = emailHash(broker.config.issuer, address.now);
        expect(
          (await endUser(ground.request(broker), 'email', hash, 'universal_logout')).found,
        ).toBe(0);
        ground.okta.events.clear();
        expect(await access(broker, session)).toEqual({ kind: 'ended' });
        expect(await ended(session)).toBe(true);
        expect(whyLast()).toEqual({ why: 'revoked' });
        const tokens = ground.okta.events.list().filter(({ kind }) => kind === 'token');
        const revoked = ground.okta.events.list().filter(({ kind }) => kind === 'revoke');
        expect(revoked.map(({ secrets }) => secrets?.token)).toEqual([
          tokens.at(-1)?.secrets?.refresh_token,
        ]);
      });
    });

    test('ends no session that began after it, even in the same second', async () => {
      const broker = ground.environment();
      const before = await signedIn(ground, broker);
      const { subject } = before.record.index;
      await endUser(ground.request(lagging()), 'subject', subject, 'universal_logout');
      const after = await expired(broker, await signedIn(ground, broker));
      expect((await access(broker, after)).kind).toBe('ok');
    });

    test('that cannot be looked up keeps the session, and renews nothing', async () => {
      const broker = ground.environment();
      const session = await expired(broker, await signedIn(ground, broker));
      ground.dynamodb.faults.fault = ({ operation }) =>
        operation === 'GetItem' ? { error: 'InternalServerError', status: 500 } : undefined;
      const calls = await refreshesDuring(async () => {
        expect(await codeOf(access(broker, session))).toBe('refresh_unavailable');
      });
      expect(calls).toBe(0);
      ground.dynamodb.faults.reset();
      expect((await access(broker, await reopened(broker, session.secret))).kind).toBe('ok');
    });
  });

  test('no refresh token and an access token that has expired', async () => {
    const broker = ground.environment();
    const session = await changed(
      broker,
      await signedIn(ground, broker),
      ({ refreshToken: _, ...content }) => ({
        ...content,
        access: { '': { token: 'over', expiresAt: 1, renewAt: 1 } },
      }),
    );
    expect(await access(broker, session)).toEqual({ kind: 'ended' });
    expect(whyLast()).toEqual({ why: 'token_expired' });
  });
});

describe('meanwhile', () => {
  test('the user signs out: nothing is stored, and what came is revoked', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const held = heldBack('after');
    const renewing = access(ground.environment({ fetch: held.fetch }), session);
    await held.reached;
    await signOut(ground.request(broker), session.secret);
    ground.okta.events.clear();
    held.release();
    expect(await renewing).toEqual({ kind: 'ended' });
    expect(await openSession(broker, session.secret)).toBeUndefined();
    expect(ground.okta.events.list().filter(({ kind }) => kind === 'revoke')).toHaveLength(1);
  });

  test('the key is disabled: 503, nothing is sent, and all is well once it is enabled again', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    await ground.kmsClient.send(new DisableKeyCommand({ KeyId: ground.keys.dpop }));
    const calls = await refreshesDuring(async () => {
      expect(await codeOf(access(broker, session))).toBe('signer_unavailable');
    });
    expect(calls).toBe(0);
    await ground.kmsClient.send(new EnableKeyCommand({ KeyId: ground.keys.dpop }));
    expect((await access(broker, await reopened(broker, session.secret))).kind).toBe('ok');
  });

  test('the client secret cannot be read: nothing is sent, and the lease is free for the next caller', async () => {
    const session = await expired(ground.environment(), await signedIn(ground));
    const own = { clientAuth: 'client_secret_basic', clientSecretArn: 'arn' } as const;
    const unreadable = () =>
      Promise.reject(new BrokerError('signer_unavailable', 'cannot be read'));
    const broker = ground.environment({ clientSecret: unreadable }, own);
    const calls = await refreshesDuring(async () => {
      expect(await codeOf(access(broker, session))).toBe('signer_unavailable');
    });
    expect(calls).toBe(0);
    expect((await reopened(broker, session.secret)).record.lease).toBeUndefined();
  });

  test('the client secret cannot be read, and the token still works: it is used, and the lease is free', async () => {
    const session = await nearlyExpired(ground.environment(), await signedIn(ground));
    const own = { clientAuth: 'client_secret_basic', clientSecretArn: 'arn' } as const;
    const unreadable = () =>
      Promise.reject(new BrokerError('signer_unavailable', 'cannot be read'));
    const broker = ground.environment({ clientSecret: unreadable }, own);
    const calls = await refreshesDuring(async () => {
      expect(tokenOf(await access(broker, session))).toBe(session.content.access['']?.token);
    });
    expect(calls).toBe(0);
    expect((await reopened(broker, session.secret)).record.lease).toBeUndefined();
  });

  test('what cannot be read after the token was spent leaves the lease to run out: nobody spends it again', async () => {
    const session = await expired(ground.environment(), await signedIn(ground));
    const gone = await changed(ground.environment(), session, (content) => ({
      ...content,
      refreshToken: 'nobody knows it',
    }));
    const unreadable = ground.environment(({ sessions }) => ({
      sessions: {
        ...sessions,
        read: () => Promise.reject(new BrokerError('internal', 'an item has no usable version')),
      },
    }));
    expect(await codeOf(access(unreadable, gone))).toBe('internal');
    const { lease } = (await reopened(ground.environment(), gone.secret)).record;
    expect(lease).toBeDefined();
  });

  test('the table throttles the write: it is tried again, after pauses, before the answer is given up', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    let writes = 0;
    const order: string[] = [];
    const shaky = ground.environment(({ sessions }) => ({
      sessions: {
        ...sessions,
        replaceTokens: (...args) => {
          order.push('write');
          if (++writes === 3) return sessions.replaceTokens(...args);
          setTimeout(() => order.push('the table rests'), 20);
          return Promise.reject(new BrokerError('store_unavailable', 'throttled'));
        },
      },
    }));
    const renewed = await access(shaky, session);
    expect(order).toEqual(['write', 'the table rests', 'write', 'the table rests', 'write']);
    expect((await reopened(broker, session.secret)).content.access['']?.token).toBe(
      tokenOf(renewed),
    );
  });

  test('the answer of the write is lost: what was stored counts', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    let writes = 0;
    const lossy = ground.environment(({ sessions }) => ({
      sessions: {
        ...sessions,
        async replaceTokens(...args) {
          const stored = await sessions.replaceTokens(...args);
          if (++writes === 1) throw new BrokerError('store_unavailable', 'lost');
          return stored;
        },
      },
    }));
    const calls = await refreshesDuring(async () => {
      expect((await access(lossy, session)).kind).toBe('ok');
    });
    expect(calls).toBe(1);
  });

  test('the table stays away: 503, and the grace window recovers the session', async () => {
    const broker = ground.environment();
    const session = await expired(broker, await signedIn(ground, broker));
    const away = ground.environment(({ sessions }) => ({
      sessions: {
        ...sessions,
        replaceTokens: () => Promise.reject(new BrokerError('store_unavailable', 'away')),
      },
    }));
    expect(await codeOf(access(away, session))).toBe('store_unavailable');
    const next = afterTheLease();
    expect((await access(next, await reopened(next, session.secret))).kind).toBe('ok');
  });
});

test('a refresh proves the pinned key, with a new assertion for each attempt', async () => {
  const broker = ground.environment();
  const session = await expired(broker, await signedIn(ground, broker));
  const bodies: URLSearchParams[] = [];
  const cold = ground.environment({
    fetch: async (request) => {
      if (await isRefresh(request)) bodies.push(new URLSearchParams(await request.clone().text()));
      return fetch(request);
    },
  });
  ground.okta.events.clear();
  expect((await access(cold, session)).kind).toBe('ok');
  const events = ground.okta.events.list().filter(({ kind }) => kind === 'token');
  expect(events.map(({ challenged }) => challenged)).toEqual([true, false]);
  expect(events.map(({ proof }) => proof?.jkt)).toEqual([
    session.record.key.jkt,
    session.record.key.jkt,
  ]);
  expect(new Set(events.map(({ proof }) => proof?.claims.jti)).size).toBe(2);
  const assertions = bodies.map((body) => body.get('client_assertion'));
  expect(assertions).toHaveLength(2);
  expect(new Set(assertions).size).toBe(2);
  // Okta gives a new ID token only to those who ask for openid.
  expect(bodies.map((body) => body.get('scope')?.split(' ').includes('openid'))).toEqual([
    true,
    true,
  ]);
});

test('a rotated refresh token takes the place of the one before, and is the next to be used', async () => {
  const broker = ground.environment();
  const session = await expired(broker, await signedIn(ground, broker));
  const sent: (string | null)[] = [];
  const watching = ground.environment({
    fetch: async (request) => {
      const answer = await fetch(request.clone());
      const form = new URLSearchParams(await request.text());
      if (answer.status === 200) sent.push(form.get('refresh_token'));
      return answer;
    },
  });
  const renewed = await access(watching, session);
  const stored = await reopened(broker, session.secret);
  expect(stored.content.refreshToken).not.toBe(session.content.refreshToken);
  expect((await access(watching, stored, tokenOf(renewed))).kind).toBe('ok');
  expect(sent).toEqual([session.content.refreshToken, stored.content.refreshToken]);
});

test('a refresh token that the server does not rotate is kept', async () => {
  const persistent = await startGround({ refreshTokens: 'static' });
  try {
    const broker = persistent.environment();
    const session = await expired(broker, await signedIn(persistent, broker));
    const renewed = await access(broker, session);
    const stored = await reopened(broker, session.secret);
    expect(stored.content.refreshToken).toBe(session.content.refreshToken);
    expect((await access(broker, stored, tokenOf(renewed))).kind).toBe('ok');
  } finally {
    await persistent.close();
  }
});

/** Holds the first refresh back: before it is sent, or with its answer in hand. */
function heldBack(when: 'before' | 'after' = 'before') {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const fetchOf: Fetch = async (request) => {
    if (!(await isRefresh(request))) return fetch(request);
    if (when === 'before') {
      reached.resolve();
      await gate.promise;
      // The caller's own time limit is not what is tested here.
      return fetch(new Request(request, { signal: null }));
    }
    const answer = await fetch(request);
    if (answer.status === 200) {
      reached.resolve();
      await gate.promise;
    }
    return answer;
  };
  return { fetch: fetchOf, reached: reached.promise, release: () => gate.resolve() };
}

/** An environment that is killed at its refresh: it never goes on. */
function dying(when: 'before' | 'after') {
  const dead = Promise.withResolvers<void>();
  const fetchOf: Fetch = async (request) => {
    if (!(await isRefresh(request))) return fetch(request);
    if (when === 'after') {
      const answer = await fetch(request);
      if (answer.status !== 200) return answer;
    }
    dead.resolve();
    return new Promise<Response>(() => {});
  };
  return { fetch: fetchOf, dead: dead.promise };
}
