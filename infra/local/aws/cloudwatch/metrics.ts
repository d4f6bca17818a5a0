// The stand-in's memory: the sum of each metric, by the minute and by the Region where it came.

export interface Metric {
  region: string;
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
}

export interface Value extends Metric {
  value: number;
  /** Epoch milliseconds. */
  at: number;
}

/** By the beginning of its minute, in epoch seconds. */
type Sums = ReadonlyMap<number, number>;

export interface MetricStore {
  put(values: readonly Value[]): void;
  /** Those that CloudWatch lists at this time. */
  listed(now: number): Metric[];
  /** The sums of exactly this metric. */
  sums(metric: Metric): Sums;
  /** As if nobody had ever counted these. */
  forget(these: (metric: Metric) => boolean): void;
}

/** A new metric is listed after up to a quarter of an hour, and for two weeks after its last value (ListMetrics). */
const listedAfterSeconds = 900;
const listedForSeconds = 14 * 86_400;

export function metricStore(): MetricStore {
  const series = new Map<string, { metric: Metric; sums: Map<number, number> }>();
  return {
    put(values) {
      for (const { value, at, ...metric } of values) {
        const name = nameOf(metric);
        const known = series.get(name) ?? { metric, sums: new Map() };
        series.set(name, known);
        const minute = Math.floor(at / 60_000) * 60;
        known.sums.set(minute, (known.sums.get(minute) ?? 0) + value);
      }
    },
    listed(now) {
      const ago = (minute: number) => now / 1000 - minute;
      return [...series.values()]
        .filter(({ sums }) => {
          const ages = [...sums.keys()].map(ago);
          return Math.max(...ages) >= listedAfterSeconds && Math.min(...ages) < listedForSeconds;
        })
        .map(({ metric }) => metric);
    },
    sums: (metric) => series.get(nameOf(metric))?.sums ?? new Map(),
    forget(these) {
      for (const [name, { metric }] of series) if (these(metric)) series.delete(name);
    },
  };
}

const nameOf = ({ region, namespace, name, dimensions }: Metric): string =>
  JSON.stringify([region, namespace, name, Object.entries(dimensions).sort()]);
