import { expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { placeForStream } from '#core/proxy/stream-places.ts';
import type { Session } from '#core/session/session.ts';

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
  const session = { record: { id: 'one' }, streams: {} } as Session;
  const place = placeForStream(broker, session, 3, () => {});
  const taking = place.take().then(() => steps.push('taken'));
  await place.leave();
  taken.resolve(true);
  await taking;
  // Lambda stops the environment after the answer, and a place that stays behind counts for a minute.
  expect(steps).toEqual(['free', 'taken']);
});
