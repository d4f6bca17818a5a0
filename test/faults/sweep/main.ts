// `npm run faults -- --sweep`: every fault of every request of every step, one at a time.
import type { Case } from './cases.ts';
import { steps } from './steps.ts';
import { startGround, sweep, type Verdict } from './sweep.ts';
import { lastLine, table } from './table.ts';

export interface SweepCommand {
  /** `step`, `step/dependency`, `step/dependency/request` or `step/dependency/request/fault`; `*` is anything. */
  only?: string | undefined;
  /** How many systems run side by side. */
  lanes: number;
}

/** The exit code. */
export async function runSweep({ only = '*', lanes }: SweepCommand): Promise<number> {
  const began = performance.now();
  const wanted = only.split('/');
  const fits = (at: number, name: string) => [undefined, '*', name].includes(wanted[at]);
  const isChosen = ({ step, target, fault }: Case) =>
    [step, target.dependency, target.at, fault].every((name, at) => fits(at, name));
  const chosen = steps.filter(({ name }) => fits(0, name));
  const verdicts = new Map<string, Verdict[]>();
  const left = [...chosen];
  const lane = async () => {
    for (let step = left.shift(); step; step = left.shift()) {
      const ground = await startGround(step);
      try {
        const swept = await sweep(ground, step, isChosen);
        verdicts.set(step.name, swept);
        console.error(lastLine(swept, (performance.now() - began) / 60_000), step.name);
      } finally {
        await ground.close();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  // In the order of the steps, whichever was done first.
  const all = chosen.flatMap(({ name }) => verdicts.get(name) ?? []);
  console.log(table(all));
  console.log(lastLine(all, (performance.now() - began) / 60_000));
  return all.some(({ violations }) => violations.length > 0) ? 1 : 0;
}
