import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frontChannelLogout } from '#core/sign-out/provider-logout.ts';
import { type Ground, signedIn, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

/** The issuer's frame asks, with nothing but these two. */
const asked = (sid: string, broker = ground.environment()) =>
  frontChannelLogout(
    ground.request(broker),
    new URLSearchParams({ iss: broker.config.issuer, sid }),
  );
const writes = () =>
  ['PutItem', 'UpdateItem', 'DeleteItem'].reduce(
    (sum, operation) => sum + ground.dynamodb.calls.count(operation),
    0,
  );

async function known() {
  const broker = ground.environment();
  const { record, content } = await signedIn(ground, broker);
  const sid = String(decodeJwt(content.idToken ?? '').sid);
  const marked = () => broker.marks.signedOutBefore([record.index.sid ?? '']);
  return { broker, record, sid, marked };
}

describe('front-channel logout', () => {
  test('ends the session and leaves a mark, which one that cannot be found yet meets when it is renewed', async () => {
    const { broker, record, sid, marked } = await known();
    expect(await asked(sid)).toBe(true);
    expect(await broker.sessions.read(record.id)).toBeUndefined();
    expect(await marked()).toBeGreaterThanOrEqual(record.createdAt);
  });

  test('writes the mark before it ends anything', async () => {
    const { record, sid, marked } = await known();
    const ends: number[] = [];
    const watched = ground.environment(({ sessions }) => ({
      sessions: {
        ...sessions,
        async end(id) {
          ends.push(await marked());
          return sessions.end(id);
        },
      },
    }));
    await asked(sid, watched);
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBeGreaterThanOrEqual(record.createdAt);
  });

  test('with a guessed sid writes nothing', async () => {
    const { broker, record, marked } = await known();
    const before = writes();
    expect(await asked('a guess')).toBe(true);
    expect(writes()).toBe(before);
    expect(await marked()).toBe(0);
    expect(await broker.sessions.read(record.id)).toBeDefined();
  });
});
