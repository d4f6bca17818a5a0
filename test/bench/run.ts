// So many calls, so many at a time, and the CPU that this process spent on them.

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
