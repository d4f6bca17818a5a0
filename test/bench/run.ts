// So many calls, so many at a time, and the CPU that this process spent on them.

export const countedCalls = 500;
/** Until the compilers have settled: after about 4,000 calls the CPU time of a call no longer changes. */
export const warmUp = { calls: 4_000, inFlight: 16 };
export const rounds = 7;
export const callsOfRound = 800;

export interface Counted {
  reads: number;
  writes: number;
  signatures: number;
}

export interface Run {
  calls: number;
  inFlight: number;
}

export interface Ran {
  times: number[];
  cpuMicros: number;
}

export async function run({ calls, inFlight }: Run, call: () => Promise<void>): Promise<Ran> {
  const times: number[] = [];
  const before = process.cpuUsage();
  let left = calls;
  const one = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const { user, system } = process.cpuUsage(before);
  return { times, cpuMicros: user + system };
}
