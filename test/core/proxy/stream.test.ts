import { expect, test } from 'vitest';
import {
  StreamCut,
  type StreamEnd,
  type WatchedStream,
  watchedStream,
} from '#core/proxy/stream.ts';

const session = { lastSeenAt: 1_000, idleSeconds: 600, expiresAt: 5_000 };

/** A body that goes on until its signal ends it, under a session as `read` says it is. */
function endless(
  read: (nth: number) => Promise<unknown>,
  { checkMs = 1, longestMs = 60_000, now = 1_000_000 } = {},
) {
  let reads = 0;
  const over = new AbortController();
  const ended: [StreamEnd, number][] = [];
  const broker = {
    config: { session: { deviceBound: 'off' } },
    clock: { now: () => now },
    sessions: {
      read: () => {
        reads += 1;
        return read(reads);
      },
    },
  } as unknown as WatchedStream['broker'];
  async function* source() {
    yield Buffer.from('one');
    await new Promise((_, reject) =>
      over.signal.addEventListener('abort', () => reject(over.signal.reason)),
    );
  }
  const limits = { checkMs, longestMs };
  const onEnd = (why: StreamEnd, bytes: number) => void ended.push([why, bytes]);
  const body = watchedStream({ broker, id: 'session', limits, over, onEnd }, source());
  return { body, over, ended, reads: () => reads };
}

async function whyOf(body: AsyncIterable<Buffer>): Promise<StreamEnd | 'complete'> {
  try {
    for await (const _ of body);
    return 'complete';
  } catch (fault) {
    if (fault instanceof StreamCut) return fault.why;
    throw fault;
  }
}

const alive = async () => ({ session });

test('a session that is gone ends the stream', async () => {
  const stream = endless((nth) => (nth < 3 ? alive() : Promise.resolve(undefined)));
  expect(await whyOf(stream.body)).toBe('session_ended');
  expect(stream.reads()).toBe(3);
  expect(stream.ended).toEqual([['session_ended', 3]]);
});

test('a session that is over but still stored ends the stream', async () => {
  const stream = endless(alive, { now: 1_600_000 });
  expect(await whyOf(stream.body)).toBe('session_ended');
});

test('one failed read of the table is forgiven, two in a row are not', async () => {
  const outage = () => Promise.reject(new Error('no table'));
  const once = endless((nth) => {
    if (nth === 1) return outage();
    return nth < 4 ? alive() : Promise.resolve(undefined);
  });
  expect(await whyOf(once.body)).toBe('session_ended');
  const twice = endless((nth) => (nth < 3 ? alive() : outage()));
  expect(await whyOf(twice.body)).toBe('store_unavailable');
  expect(twice.reads()).toBe(4);
});

test('time ends the stream', async () => {
  const stream = endless(alive, { checkMs: 60_000, longestMs: 1 });
  expect(await whyOf(stream.body)).toBe('time_up');
  expect(stream.reads()).toBe(0);
});

test('a reader that stops lets the source go', async () => {
  const stream = endless(alive, { checkMs: 60_000 });
  for await (const chunk of stream.body) {
    expect(chunk.toString()).toBe('one');
    break;
  }
  expect(stream.over.signal.aborted).toBe(true);
  expect(stream.ended).toEqual([['client_left', 3]]);
});
