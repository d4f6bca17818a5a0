// The samples of a run as lines over time, each with what would be too much growth.
import type { Sample } from './gateway-process.ts';
import type { Bound, Point } from './judge.ts';

export interface Taken extends Sample {
  /** Minutes since the start. */
  at: number;
}

export interface Series {
  name: string;
  unit: 'MB' | 'handles';
  points: Point[];
  bound: Bound;
}

const megabytes = (bytes: number) => bytes / 1_000_000;

/** After a collection: what grows is kept. */
const ofHeap: Bound = { share: 0.05, least: 1 };
/** Pages that the allocator has not given back are in it. */
const ofProcess: Bound = { share: 0.1, least: 20 };
/** As many as requests happen to be under way. */
const ofHandles: Bound = { share: 0.2, least: 10 };
/** It serves one event at a time. */
const ofFewHandles: Bound = { share: 0.2, least: 2 };

/** `warmAfter`: so many events an environment serves before it counts: until then it loads and compiles what it needs. */
export function seriesOf(taken: readonly Taken[], warmAfter = 0): Series[] {
  const line = (
    name: string,
    unit: Series['unit'],
    bound: Bound,
    of: (sample: Sample) => number | undefined,
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
          (one) => one.function === of && one.nth === nth && one.events >= warmAfter,
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
    line('memory of the process', 'MB', ofProcess, ({ rssBytes }) => megabytes(rssBytes)),
    line('memory of the gateway', 'MB', ofHeap, ({ gatewayBytes }) => megabytes(gatewayBytes)),
    line('handles of the gateway', 'handles', ofHandles, (sample) => sample.gatewayHandles),
    line('descriptors of the process', 'handles', ofHandles, (sample) => sample.descriptors),
    ...ofEach,
  ];
}
