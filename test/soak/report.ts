// What a run says: a table of what grew or did not, the latency of each minute, the answers, and a chart of it all.
import type { Chart, Panel } from './chart.ts';
import { fewest, type Point, type Verdict, verdictOn } from './judge.ts';
import { latencyName, type Series, seriesOf, type Taken } from './series.ts';
import type { Tally } from './tally.ts';

export interface Run {
  taken: readonly Taken[];
  tally: Tally;
  minutes: number;
  warmUp: number;
}

export interface Judged extends Series {
  verdict: Verdict;
}

/** Those that were seen often enough. */
export const judged = ({ taken, warmUp }: Run): Judged[] =>
  seriesOf(
    taken.filter(({ at }) => at >= warmUp),
    'settled',
  )
    .filter(({ points }) => points.length >= fewest)
    .map((one) => ({ ...one, verdict: verdictOn(one.points, one.bound) }));

export function table(all: readonly Judged[]): string {
  return all
    .map(({ name, unit, points, verdict: { from, by, grows } }) => {
      const growth = `${by < 0 ? '' : '+'}${by.toFixed(1)}`;
      const numbers = `${from.toFixed(1).padStart(8)} ${growth.padStart(7)} ${unit.padEnd(8)}`;
      return `${name.padEnd(28)} ${numbers} ${grows ? 'GROWS' : 'flat'} (${points.length} samples)`;
    })
    .join('\n');
}

export const latencies = ({ tally, minutes }: Run): string =>
  Array.from({ length: Math.ceil(minutes) }, (_, minute) => {
    const { requests, p50, p99 } = tally.between(minute, minute + 1);
    const row = `${requests} requests, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
    return `minute ${String(minute + 1).padStart(3)}: ${row}`;
  }).join('\n');

export const counted = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `${name}: ${count}`)
    .join('\n');

export function chartOf(run: Run): Chart {
  const all = seriesOf(run.taken);
  const named = (name: string) => all.filter((one) => one.name === name);
  const among = (kind: string) =>
    [
      ...Map.groupBy(
        all.filter(({ name }) => name.startsWith(`${kind} of `)),
        functionIn,
      ),
    ]
      .filter(([name]) => !['the', ''].includes(name))
      .map(([name, members]) => ({ name: `${name}, the most`, points: most(members) }));
  const panel = (title: string, unit: string, lines: Panel['lines']): Panel => ({
    title,
    unit,
    lines,
  });
  const at = run.taken.map((one) => one.at);
  const over = (of: (from: number, to: number) => number): Point[] =>
    at.slice(1).map((to, nth) => ({ at: to, value: of(at[nth] ?? 0, to) }));
  const { between } = run.tally;
  return {
    title: `${run.minutes} minutes under load`,
    minutes: Math.max(run.minutes, at.at(-1) ?? 0),
    warmUp: run.warmUp,
    panels: [
      panel('Memory of the process', 'MB', named('memory of the process')),
      panel('Memory after a collection, by environment', 'MB', [
        ...named('memory of the gateway'),
        ...among('memory'),
      ]),
      panel('Handles', 'count', [
        ...named('descriptors of the process'),
        ...named('handles of the gateway'),
        ...among('handles'),
      ]),
      panel('Over work that never changes', 'x', [
        ...named('CPU of a request'),
        ...named(latencyName),
      ]),
      panel('Latency of calls', 'ms', [
        { name: 'p50', points: over((from, to) => between(from, to).p50) },
        { name: 'p99', points: over((from, to) => between(from, to).p99) },
      ]),
      panel('Requests', 'per second', [
        {
          name: 'requests',
          points: over((from, to) => between(from, to).requests / ((to - from) * 60)),
        },
      ]),
    ],
  };
}

const functionIn = ({ name }: Series): string => name.split(' ')[2] ?? '';

/** Of several lines, the highest at each time. */
function most(lines: readonly Series[]): Point[] {
  const values = new Map<number, number>();
  for (const { at, value } of lines.flatMap(({ points }) => points)) {
    values.set(at, Math.max(value, values.get(at) ?? 0));
  }
  return [...values].map(([at, value]) => ({ at, value })).toSorted((one, two) => one.at - two.at);
}
