import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BrokerError } from '#core/errors.ts';
import type { SessionStore } from '#core/ports.ts';
import { logoutRequest, signOut } from '#core/sign-out/by-user.ts';
import { redacted } from '#infra/local/okta/switchboard/events.ts';
import { changed, type Ground, signedIn, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

test('a renewal that is stored while a user signs out ends as well, and its tokens are the ones revoked', async () => {
  const other = ground.environment();
  const session = await signedIn(ground, other);
  let reads = 0;
  const broker = ground.environment(({ sessions }) => ({
    sessions: {
      ...sessions,
      async read(id) {
        const stored = await sessions.read(id);
        reads += 1;
        if (reads === 1) {
          await changed(other, session, (content) => ({
            ...content,
            refreshToken: 'the newer one',
          }));
        }
        return stored;
      },
    },
  }));
  await signOut(ground.request(broker), session.secret);
  expect(await other.sessions.read(session.record.id)).toBeUndefined();
  const revoked = ground.okta.events.list().filter(({ kind }) => kind === 'revoke');
  expect(revoked[0]?.secrets?.token).toBe(redacted('the newer one'));
});

describe('the tokens are revoked and Okta is shown the ID token', () => {
  const wasRevoked = (token: string) =>
    ground.okta.events
      .list()
      .some(({ kind, secrets }) => kind === 'revoke' && secrets?.token === redacted(token));

  /** Signs somebody out with a table that does not answer as it should; `before` ends what it likes. */
  async function signedOut(end: (own: SessionStore) => SessionStore['end']) {
    const other = ground.environment();
    const session = await changed(other, await signedIn(ground, other), (content) => ({
      ...content,
      refreshToken: `of ${content.refreshToken}`,
    }));
    ground.logged.length = 0;
    const broker = ground.environment(({ sessions }) => ({
      sessions: { ...sessions, end: end(sessions) },
    }));
    const result = await signOut(ground.request(broker), session.secret).catch(
      (fault: BrokerError) => fault,
    );
    const isRevoked = wasRevoked(`${session.content.refreshToken}`);
    const ends = ground.logged.filter(({ name }) => name === 'session.ended').length;
    const left = await other.sessions.read(session.record.id);
    const request = result instanceof Error ? undefined : await logoutRequest(broker, result);
    const hint = request?.parameters.id_token_hint;
    return { result, isRevoked, ends, left, hint };
  }

  test('when somebody else ends the session at the same moment', async () => {
    const { isRevoked, ends, hint, left } = await signedOut(({ end }) => async (id, version) => {
      await end(id);
      return end(id, version);
    });
    expect(hint).toMatch(/^eyJ/);
    expect([isRevoked, ends, left]).toEqual([true, 0, undefined]);
  });

  test('when the answer of the table is lost', async () => {
    const { isRevoked, ends, hint, left } = await signedOut(({ end }) => (id, version) => {
      ground.dynamodb.faults.failNext('lose_answer', { operation: 'DeleteItem' });
      return end(id, version);
    });
    expect(hint).toMatch(/^eyJ/);
    expect([isRevoked, ends, left]).toEqual([true, 1, undefined]);
  });

  test('when the table does not end it, except that no answer shows the ID token', async () => {
    const { result, isRevoked, ends, left } = await signedOut(() => async () => {
      throw new BrokerError('store_unavailable', 'away');
    });
    expect(result).toMatchObject({ code: 'store_unavailable' });
    expect([isRevoked, ends, left !== undefined]).toEqual([true, 0, true]);
  });
});
