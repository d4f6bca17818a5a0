import { afterAll, beforeAll, expect, test } from 'vitest';
import { endSessions } from '#core/session/ending.ts';
import { type Bench, bench } from '#test/core/keys/operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterAll(() => b.close());

const mostAtOnce = 16;

/** An operator with so many sessions on its key, and how many of them were being ended at the same time. */
async function crowd(sessions: number) {
  const op = await b.operator();
  const key = op.firstKeys.dpop;
  await Promise.all(Array.from({ length: sessions }, () => op.session(key)));
  let running = 0;
  const seen = { most: 0 };
  const end = async (id: string) => {
    seen.most = Math.max(seen.most, ++running);
    const ended = await op.sessions.end(id);
    running--;
    return ended;
  };
  const counted = { ...op, sessions: { ...op.sessions, end } };
  const endAll = (deadlineMs: number) =>
    endSessions({ env: counted, log: op.log }, 'key', key, { why: 'key_disabled', deadlineMs });
  return { endAll, seen, op };
}

test('many sessions end a few at a time, and each is an event with its reason', async () => {
  const { endAll, seen, op } = await crowd(3 * mostAtOnce + 2);
  const all = { found: 50, ended: 50, more: false };
  expect(await endAll(Number.POSITIVE_INFINITY)).toEqual(all);
  expect(seen.most).toBe(mostAtOnce);
  const event = { name: 'session.ended', fields: { why: 'key_disabled' } };
  expect(op.events.filter(({ name }) => name === event.name)).toEqual(Array(50).fill(event));
});

test('when time is up, those that are left are left for the next call', async () => {
  const { endAll } = await crowd(mostAtOnce + 1);
  expect(await endAll(0)).toEqual({ found: mostAtOnce, ended: mostAtOnce, more: true });
  expect(await endAll(0)).toEqual({ found: 1, ended: 1, more: false });
});

test('when time is up and none is left, there are no more to come', async () => {
  const { endAll } = await crowd(mostAtOnce);
  expect(await endAll(0)).toEqual({ found: mostAtOnce, ended: mostAtOnce, more: false });
});
