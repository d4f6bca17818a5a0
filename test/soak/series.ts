// The samples of a run as lines over time, each with what would be too much growth.
import type { Sample } from './gateway-process.ts';
import { type Bound, type Point, quantile } from './judge.ts';
import type { Minute } from './tally.ts';

export interface Taken extends Sample {
  /** Minutes since the start. */
  at: number;
  /** Since the sample before. */
  speed: Pick<Minute, 'requests' | 'callMs' | 'bareMs'>;
}

export interface Series {
  name: string;
  unit: 'MB' | 'handles' | 'x';
  points: Point[];
  bound: Bound;
}

export const latencyName = 'latency of a call';

const megabytes = (bytes: number) => bytes / 1_000_000;

/** After a collection: what grows is kept. */
const ofHeap: Bound = { share: 0.05, least: 1 };
/** Pages that the allocator has not given back are in it. */
const ofProcess: Bound = { share: 0.1, least: 20 };
/** As many as requests happen to be under way. */
const ofHandles: Bound = { share: 0.2, least: 10 };
/** It serves one event at a time. */
const ofFewHandles: Bound = { share: 0.2, least: 2 };

/**
 * CPU time does not count how long others had the processor; what they do to its caches is in it. There is one such series
 * in a run, which chance makes grow in one of some seven hundred.
 */
const ofCpu: Bound = { share: 0.3, least: 0, certain: 3 };
const ofLatency: Bound = { share: 1, least: 0 };

/** An environment that has served fewer events still loads and compiles what it needs. */
const warmAfter = 100;
/** By how much a bare request may be slower than at the best moments. */
const mostBusy = 1.5;

/** `settled`: without what nobody can judge, which is environments that are not warm and the latency of busy moments. */
export function seriesOf(taken: readonly Taken[], which: 'all' | 'settled' = 'all'): Series[] {
  const leastEvents = which === 'settled' ? warmAfter : 0;
  const quietMs = which === 'settled' ? quietest(taken) * mostBusy : Number.POSITIVE_INFINITY;
  const line = (
    name: string,
    unit: Series['unit'],
    bound: Bound,
    of: (sample: Taken) => number | undefined,
  ): Series => ({
    name,
    unit,
    bound,
    points: taken.flatMap((one) => {
      const value = of(one);
      return value === undefined ? [] : [{ at: one.at, value }];
    }),
  });
  const environments = new Map(
    taken
      .flatMap((one) => one.environments)
      .map((one) => [`${one.function} ${one.nth}`, { function: one.function, nth: one.nth }]),
  );
  const ofEach = [...environments]
    .sort(([one], [other]) => one.localeCompare(other))
    .flatMap(([name, { function: of, nth }]) => {
      const found = (sample: Sample) =>
        sample.environments.find(
          (one) => one.function === of && one.nth === nth && one.events >= leastEvents,
        );
      return [
        line(`memory of ${name}`, 'MB', ofHeap, (sample) => {
          const bytes = found(sample)?.memoryBytes;
          return bytes && megabytes(bytes);
        }),
        line(`handles of ${name}`, 'handles', ofFewHandles, (sample) => found(sample)?.handles),
      ];
    });
  return [
    line('CPU of a request', 'x', ofCpu, ({ cpuMicros, controlMicros, speed: { requests } }) =>
      requests > 0 ? cpuMicros / requests / controlMicros : undefined,
    ),
    line(latencyName, 'x', ofLatency, ({ speed: { callMs, bareMs } }) =>
      callMs > 0 && bareMs > 0 && bareMs <= quietMs ? callMs / bareMs : undefined,
    ),
    line('memory of the process', 'MB', ofProcess, ({ rssBytes }) => megabytes(rssBytes)),
    line('memory of the gateway', 'MB', ofHeap, ({ gatewayBytes }) => megabytes(gatewayBytes)),
    line('handles of the gateway', 'handles', ofHandles, (sample) => sample.gatewayHandles),
    line('descriptors of the process', 'handles', ofHandles, (sample) => sample.descriptors),
    ...ofEach,
  ];
}

/** Of a bare request, at the best tenth of the moments. A call takes a longer way, and waits at more places, when others work. */
const quietest = (taken: readonly Taken[]): number =>
  quantile(
    taken.map(({ speed }) => speed.bareMs).filter((ms) => ms > 0),
    0.1,
  );
