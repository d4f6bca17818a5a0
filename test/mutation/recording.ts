// Each test file runs once by itself, with all the originals: whether it passes, how long it takes, and which mutants it
// comes by.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inputs } from './inputs.ts';
import type { Memory } from './memory.ts';
import type { Mutant } from './mutants.ts';
import type { Trial } from './trial.ts';

export interface Recorded {
  test: string;
  digest: string;
  passed: boolean;
  message?: string;
  ms: number;
  reached: string[];
  missed: string[];
}

/** A file that takes longer than this is in a loop. */
const limitMs = 600_000;

export async function record(
  { trial, memory }: { trial: Trial; memory: Memory<Recorded> },
  test: string,
  inputs: Inputs,
  sample: readonly Mutant[],
): Promise<Recorded> {
  const known = memory
    .all()
    .findLast((each) => each.test === test && each.digest === inputs.digest && each.passed);
  const keys = sample.filter(({ file }) => inputs.files.has(file)).map(({ key }) => key);
  const told = new Set([...(known?.reached ?? []), ...(known?.missed ?? [])]);
  if (known && keys.every((key) => told.has(key))) return known;
  const reachedFile = join(trial.folder, 'mutation-reached.txt');
  await rm(reachedFile, { force: true });
  const start = performance.now();
  const outcome = await trial.run({ reached: reachedFile }, [test], limitMs);
  const ms = Math.round(performance.now() - start);
  const lines = existsSync(reachedFile)
    ? (await readFile(reachedFile, 'utf8')).trim().split('\n')
    : [];
  const reached = new Set(lines.filter(Boolean));
  const recorded = {
    test,
    digest: inputs.digest,
    passed: outcome.kind === 'passed',
    ...(outcome.kind === 'failed' && { message: outcome.message }),
    ms,
    reached: [...reached],
    missed: keys.filter((key) => !reached.has(key)),
  };
  memory.add(recorded);
  return recorded;
}
