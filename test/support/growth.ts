// How work grows with its input. Only ratios are judged, of the CPU time that this thread took on one machine at one time:
// a slow or busy machine changes neither side. What the collector adds now and then is left out by taking the fastest of
// several rounds.

const rounds = 5;
const tries = 3;
const mostDoubling = 3;
/** Below that the clock and the collector are measured. */
const shortestMs = 5;
const largest = 1 << 22;

/** `prepare` makes an input of a size, and what works on it. */
export type Prepare = (size: number) => () => unknown;

/** By how much the work grows when its input doubles, and doubles again: about 2 when it is linear, 4 when quadratic. */
function doublings(prepare: Prepare): number[] {
  let size = 1 << 6;
  while (fastestMs(prepare(size), 2) < shortestMs) {
    size *= 2;
    // So much in no time: it does not look at all of it.
    if (size > largest) return [];
  }
  const [once = 0, twice = 0, fourTimes = 0] = [1, 2, 4].map((n) =>
    fastestMs(prepare(size * n), rounds),
  );
  return [twice / once, fourTimes / twice];
}

/** Chance can spoil a measurement, and not three of them in the same way. */
export function isLinear(prepare: Prepare): boolean {
  for (let i = 0; i < tries; i += 1) {
    if (doublings(prepare).every((ratio) => ratio <= mostDoubling)) return true;
  }
  return false;
}

function cpuMs(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage();
  return (user - before.user + system - before.system) / 1_000;
}

const fastestMs = (work: () => unknown, rounds: number): number =>
  Math.min(...Array.from({ length: rounds }, () => cpuMs(work)));
