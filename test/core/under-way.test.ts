import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import type { SessionStore } from '#core/ports.ts';
import { endUser } from '#core/session/ending.ts';
import { beginSignIn } from '#core/sign-in/begin.ts';
import { type CallbackOutcome, finishSignIn } from '#core/sign-in/callback.ts';
import { signOut } from '#core/sign-out/by-user.ts';
import {
  answeredAt,
  expired,
  type Ground,
  reopened,
  signedIn,
  startGround,
} from '#test/support/ground.ts';
import { tokensOn } from '#test/support/renewals.ts';
import { underWayIn } from '#test/support/under-way.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());
afterEach(() => ground.okta.faults.clear());

/** An environment, and what of it is under way at the moment when some work has answered or failed. */
function watched(slow: string, changes: Parameters<Ground['environment']>[0] = {}) {
  const names = ['signer', 'sessions', 'transactions', 'marks', 'fetch'] as const;
  const { ports, underWay } = underWayIn(ground.environment(changes), names, slow);
  return {
    broker: ports,
    leftBy: async <T>(work: Promise<T>): Promise<{ result: T | undefined; left: number }> => {
      const result = await work.catch(() => undefined);
      return { result, left: underWay() };
    },
  };
}

async function callback(broker: Broker, previous?: string, more = {}): Promise<CallbackOutcome> {
  const login = { returnTo: '/', passedOn: {}, byIssuer: false, ...more };
  const begun = await beginSignIn(ground.request(broker), login, previous);
  const answer = await answeredAt(ground, begun);
  return finishSignIn(ground.request(broker), answer, () => begun.loginCookie.value);
}

const access = tokensOn(() => ground);
const fails = (): Promise<never> => Promise.reject(new Error('the table is away'));

describe('once a request is answered, nothing that it began is under way: Lambda stops it there', () => {
  test.each(['create', 'end'])(
    'when somebody signs in, in place of an earlier session (%s)',
    async (slow) => {
      const { broker, leftBy } = watched(slow);
      const { record } = await signedIn(ground, broker);
      const { result, left } = await leftBy(callback(broker, record.id));
      expect([result?.kind, left]).toEqual(['signed_in', 0]);
      expect(await broker.sessions.read(record.id)).toBeUndefined();
    },
  );

  test('when a sign-in fails because its ID token is forged', async () => {
    ground.okta.faults.set('idToken', { value: 'wrong_signature', times: 1 });
    const { broker, leftBy } = watched('fetch');
    const { result, left } = await leftBy(callback(broker));
    expect([result?.kind, left]).toEqual(['failed', 0]);
  });

  test('when a sign-in fails because its session cannot be stored, and cannot be ended either', async () => {
    for (const end of [undefined, fails]) {
      const { broker, leftBy } = watched('end', ({ sessions }) => {
        const broken: SessionStore = { ...sessions, create: fails, ...(end && { end }) };
        return { sessions: broken };
      });
      ground.okta.events.clear();
      const { result, left } = await leftBy(callback(broker));
      expect([result?.kind, left]).toEqual(['failed', 0]);
      const revoked = ground.okta.events.list().filter(({ kind }) => kind === 'revoke');
      expect(revoked.length).toBeGreaterThan(0);
    }
  });

  test.each([
    ['succeeds', undefined],
    ['is refused for good', { value: 'wrong_iss', times: 1, grantType: 'refresh_token' }],
    ['cannot be answered', { value: 'server_error', times: 1, grantType: 'refresh_token' }],
  ] as const)('when a renewal %s', async (_how, fault) => {
    const { broker, leftBy } = watched('freeLease');
    const session = await expired(broker, await signedIn(ground, broker));
    if (fault) ground.okta.faults.set(fault.value === 'wrong_iss' ? 'idToken' : 'token', fault);
    expect((await leftBy(access(broker, session))).left).toBe(0);
  });

  test('when the server refuses a renewal without a word, which the session remembers', async () => {
    const { broker, leftBy } = watched('replaceTokens', ({ fetch }) => ({
      fetch: async (request) =>
        request.url.endsWith('/token') && (await request.clone().text()).includes('refresh_token=')
          ? new Response(null, { status: 400 })
          : fetch(request),
    }));
    const session = await expired(broker, await signedIn(ground, broker));
    expect((await leftBy(access(broker, session))).left).toBe(0);
    const { record } = await reopened(broker, session.secret);
    expect(record.version).toBe(session.record.version + 1);
  });

  test.each(['end', 'markSignedOut', 'fetch'])(
    'when somebody signs out, here or everywhere (%s)',
    async (slow) => {
      const { broker, leftBy } = watched(slow);
      const [here, everywhere] = [await signedIn(ground, broker), await signedIn(ground, broker)];
      expect((await leftBy(signOut(ground.request(broker), here.secret))).left).toBe(0);
      const hash = everywhere.record.index.subject ?? '';
      const ending = endUser(ground.request(broker), 'subject', hash, 'universal_logout');
      expect((await leftBy(ending)).left).toBe(0);
      for (const { record } of [here, everywhere]) {
        expect(await broker.sessions.read(record.id)).toBeUndefined();
      }
    },
  );
});
