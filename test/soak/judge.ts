// Whether a series grows: a trend that chance does not explain, and that amounts to something over the run. Theil and
// Sen's slope does not mind outliers, and Kendall's test tells a trend from noise.

export interface Point {
  /** Minutes since the start. */
  at: number;
  value: number;
}

/** What is too much over the whole run: both of them. */
export interface Bound {
  /** Of what it was. */
  share: number;
  least: number;
  /** How sure a trend has to be, in standard deviations. */
  certain?: number;
}

export interface Verdict {
  from: number;
  /** By how much it grew from the first point to the last, as the slope has it. */
  by: number;
  grows: boolean;
}

/** With fewer there is nothing to say. */
export const fewest = 8;
/** Chance alone does so in one of some ten thousand series: a run has dozens of them. */
const veryCertain = 3.9;

export function verdictOn(points: readonly Point[], bound: Bound): Verdict {
  const { share, least, certain = veryCertain } = bound;
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < fewest) {
    return { from: first?.value ?? 0, by: 0, grows: false };
  }
  const pairs = points.flatMap((one, nth) =>
    points
      .slice(nth + 1)
      .map((other) => ({ rise: other.value - one.value, in: other.at - one.at })),
  );
  const slope = median(pairs.map((pair) => pair.rise / pair.in));
  const by = slope * (last.at - first.at);
  const from = median(points.map(({ at, value }) => value - slope * (at - first.at)));
  const ups = pairs.reduce((sum, { rise }) => sum + Math.sign(rise), 0);
  const grows = by > least && by > from * share && ups / deviation(points.length) > certain;
  return { from, by, grows };
}

/** Of the number of rising pairs less that of the falling ones, in a series of n that only chance orders. */
const deviation = (n: number) => Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);

const median = (values: readonly number[]) => quantile(values, 0.5);

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
