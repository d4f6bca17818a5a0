import { expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { placeForStream, takePlace } from '#core/proxy/stream-places.ts';
import type { Session } from '#core/session/session.ts';

const session = { record: { id: 'one' }, streams: {} } as Session;

test('wherever a stream begins to look, it tries every free place before it gives up', async () => {
  const tried: number[] = [];
  const sessions = {
    async takeStream(_id: string, place: number) {
      tried.push(place);
      return false;
    },
  };
  const from = (start: number) => ({
    sessions,
    clock: { now: () => 1_000_000 },
    random: () => new Uint8Array([start]),
  });
  for (const start of [0, 1, 2, 3]) {
    tried.length = 0;
    const broker = from(start) as unknown as Broker;
    expect(await takePlace(broker, session, 3)).toBeUndefined();
    expect([tried[0], tried.toSorted()]).toEqual([start % 3, [0, 1, 2]]);
  }
});

test('a call that ends while its place is being taken leaves it before anything else happens', async () => {
  const steps: string[] = [];
  const taken = Promise.withResolvers<boolean>();
  const sessions = {
    takeStream: () => taken.promise,
    freeStream: async () => {
      await new Promise(setImmediate);
      steps.push('free');
    },
  };
  const broker = {
    sessions,
    clock: { now: () => 1_000_000 },
    random: () => new Uint8Array(1),
  } as unknown as Broker;
  const place = placeForStream(broker, session, 3, () => {});
  const taking = place.take().then(() => steps.push('taken'));
  await place.leave();
  taken.resolve(true);
  await taking;
  // Lambda stops the environment after the answer, and a place that stays behind counts for a minute.
  expect(steps).toEqual(['free', 'taken']);
});
