// Each test file runs once by itself, with all the originals: whether it passes, how long it takes, and which mutants it
// comes by. That holds until the file itself changes: what else changes may make it a poorer guide to which tests to ask,
// and nothing worse.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Inputs } from './inputs.ts';
import type { Memory } from './memory.ts';
import type { Mutant } from './mutants.ts';
import type { Trial } from './trial.ts';

export interface Recorded {
  test: string;
  /** Of the text of the test. */
  own: string;
  passed: boolean;
  message?: string;
  ms: number;
  /** Keys of mutants. Of those in neither list nothing is known. */
  reached: string[];
  missed: string[];
}

/** A file that takes longer than this is in a loop. */
const limitMs = 600_000;

export async function record(
  { trial, memory }: { trial: Trial; memory: Memory<Recorded> },
  test: { name: string; text: string; inputs: Inputs },
  sample: readonly Mutant[],
): Promise<Recorded> {
  const own = digestOf(test.text);
  const known = memory
    .all()
    .findLast((each) => each.test === test.name && each.own === own && each.passed);
  if (known) return known;
  const reachedFile = join(trial.folder, 'mutation-reached.txt');
  await rm(reachedFile, { force: true });
  const start = performance.now();
  const outcome = await trial.run({ reached: reachedFile }, [test.name], limitMs);
  const lines = existsSync(reachedFile) ? (await readFile(reachedFile, 'utf8')).split('\n') : [];
  const reached = new Set(lines.filter(Boolean));
  const inside = sample.filter(({ file }) => test.inputs.files.has(file));
  const recorded = {
    test: test.name,
    own,
    passed: outcome.kind === 'passed',
    ...(outcome.kind === 'failed' && { message: outcome.message }),
    ms: Math.round(performance.now() - start),
    reached: [...reached],
    missed: inside.map(({ key }) => key).filter((key) => !reached.has(key)),
  };
  memory.add(recorded);
  return recorded;
}
