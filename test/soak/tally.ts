// What users were answered: how often, how fast, and what nobody should have been answered.
import { quantile } from './judge.ts';

export interface Deed {
  what: string;
  status: number | 'no answer';
  code?: string | undefined;
}

export interface Minute {
  requests: number;
  p50: number;
  p99: number;
  /** Of calls, and of the bare requests beside them: a quarter of each is faster, for others disturb those the least. */
  callMs: number;
  bareMs: number;
}

export interface Tally {
  /** Minutes since the start. */
  now(): number;
  answered(deed: Deed, ms: number): void;
  bare(ms: number): void;
  unexpected(what: string): void;
  /** The machine is too slow for so many. */
  tooMuch(): void;
  /** How often, as a share of all answers. */
  overload(): number;
  /** By answer, how often. */
  answers: Map<string, number>;
  /** What was unexpected, and how often. */
  faults: Map<string, number>;
  /** From `from` up to `to`, in minutes; of calls only, since a stream takes as long as it is. */
  between(from: number, to: number): Minute;
}

export function tally(): Tally {
  const start = performance.now();
  const now = () => (performance.now() - start) / 60_000;
  const calls: { what: string; at: number; ms: number }[] = [];
  const bare: { at: number; ms: number }[] = [];
  const answers = new Map<string, number>();
  const faults = new Map<string, number>();
  let refused = 0;
  return {
    now,
    answers,
    faults,
    answered({ what, status, code }, ms) {
      count(answers, [what, status, code].filter(Boolean).join(' '));
      if (what !== 'stream') calls.push({ what, at: now(), ms });
    },
    bare: (ms) => void bare.push({ at: now(), ms }),
    unexpected: (what) => count(faults, what),
    tooMuch() {
      refused += 1;
    },
    overload: () => refused / Math.max(1, calls.length),
    between(from, to) {
      const then = <One extends { at: number }>(all: readonly One[]) =>
        all.filter(({ at }) => at >= from && at < to);
      const all = then(calls);
      return {
        requests: all.length,
        p50: msAt(all, 0.5),
        p99: msAt(all, 0.99),
        callMs: msAt(
          all.filter(({ what }) => what === 'call'),
          0.25,
        ),
        bareMs: msAt(then(bare), 0.25),
      };
    },
  };
}

const count = (counts: Map<string, number>, name: string) =>
  counts.set(name, (counts.get(name) ?? 0) + 1);

const msAt = (all: readonly { ms: number }[], share: number): number =>
  quantile(
    all.map(({ ms }) => ms),
    share,
  );
