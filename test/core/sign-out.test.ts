import { afterAll, beforeAll, expect, test } from 'vitest';
import { signOut } from '#core/sign-out.ts';
import { redacted } from '#infra/local/okta/events.ts';
import { changed, type Ground, signedIn, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

test('pitfall 19: a renewal that is stored while a user signs out ends as well, and its tokens are the ones revoked', async () => {
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
  await signOut(broker, session.secret);
  expect(await other.sessions.read(session.record.id)).toBeUndefined();
  const revoked = ground.okta.events.list().filter(({ kind }) => kind === 'revoke');
  expect(revoked[0]?.secrets?.token).toBe(redacted('the newer one'));
});
