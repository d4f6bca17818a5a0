// CPU time, of this process and of a piece of work that never changes. A busy machine slows both down; their ratio tells
// whether a request costs more than it did.
import { createHash } from 'node:crypto';

export interface Spent {
  /** Of all threads, since the last time. */
  cpuMicros: number;
  /** What the unchanging work takes, here and now. */
  controlMicros: number;
}

const rounds = 20;
const document = {
  numbers: Array.from({ length: 1_000 }, (_, nth) => ({ nth, text: `no ${nth}` })),
};

/** `read` says what was spent since `begin`: what happens between a `read` and the next `begin` is not counted. */
export function cpuMeter() {
  let since = process.cpuUsage();
  controlMicros();
  return {
    begin() {
      since = process.cpuUsage();
    },
    read(): Spent {
      const { user, system } = process.cpuUsage(since);
      return { cpuMicros: user + system, controlMicros: controlMicros() };
    },
  };
}

/** The fastest of many: of so short a time some are not interrupted, even on a busy machine. */
const controlMicros = () => Math.min(...Array.from({ length: rounds }, onceMicros));

function onceMicros(): number {
  const began = performance.now();
  const text = JSON.stringify(JSON.parse(JSON.stringify(document)));
  createHash('sha256').update(text).digest();
  return (performance.now() - began) * 1_000;
}
