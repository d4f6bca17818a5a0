// npm run mutation: puts small faults into the sources, one at a time, and counts how many the tests and the types catch.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '#infra/bundle.ts';
import { explained } from './explained.ts';
import type { Judgement } from './judge.ts';
import { memoryIn } from './memory.ts';
import { isViable, type Mutant, mutantsOf } from './mutants.ts';
import type { Recorded } from './recording.ts';
import { reportOf } from './report.ts';
import { judgedBy, witnessesFor } from './run.ts';
import { sampleOf } from './sample.ts';
import { switched } from './switched.ts';
import { startTrial } from './trial.ts';
import { typesIn } from './types.ts';

const usage = `npm run mutation -- [--sample 300] [--seed 1] [--jobs 2] [--seconds 60] [--only shared/core]

Puts small faults into a copy of the sources, one at a time. Prints how many the tests and the types catch, and each that
survives. The same seed gives the same faults. A run that was interrupted goes on where it was, and a second one asks only
the tests that have changed. --seconds limits how long the tests that are asked about one fault take together; the slowest
are left out.
`;

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
});

async function main() {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root })
    .toString()
    .trim()
    .split('\n')
    .filter((file) => existsSync(join(root, file)));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const sources = new Map(files.map((file, index) => [file, texts[index] ?? '']));
  const all = files.filter(isMutated).flatMap((file) => mutantsOf(file, sources.get(file) ?? ''));
  const viable = (mutant: Mutant) => isViable(sources.get(mutant.file) ?? '', mutant);
  const sample = sampleOf(all, wholeNumber('sample'), wholeNumber('seed'), viable);
  const mutated = new Set(all.map(({ file }) => file)).size;
  console.log(`${sample.length} of ${all.length} mutants in ${mutated} files, seed ${values.seed}`);

  // Each copy has some of its own.
  process.setMaxListeners(0);
  const jobs = await Promise.all(
    Array.from({ length: wholeNumber('jobs') }, async () => ({
      trial: await startTrial(root, files, (folder) => switchedSources(sample, sources, folder)),
      typesPass: await typesIn(root, files),
    })),
  );
  const run = {
    jobs,
    sources,
    sample,
    budgetMs: 1_000 * wholeNumber('seconds'),
    recordings: memoryIn<Recorded>('recorded'),
    judgements: memoryIn<Judgement & { tree: string }>('judged'),
  };
  const done: Parameters<typeof judgedBy>[2] = [];
  const report = () => console.log(reportOf(done, explained));
  // The copies are removed, and the tests in them end, with this process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      console.log(`stopped at ${done.length} of ${sample.length}`);
      report();
      process.exit(1);
    });
  }
  await judgedBy(run, await witnessesFor(run), done);
  report();
  for (const { trial } of jobs) trial.close();
}

function switchedSources(
  sample: readonly Mutant[],
  sources: ReadonlyMap<string, string>,
  folder: string,
): Map<string, string> {
  const files = Map.groupBy(sample, ({ file }) => file);
  return new Map(
    [...files].map(([file, some]) => [file, switched(sources.get(file) ?? '', some, folder)]),
  );
}

/** What is deployed, or runs in a page or at an operator's. The local stand-ins and the demo are tests themselves. */
const isMutated = (file: string) =>
  /^(functions|shared|infra\/(aws|operator|doctor)|spa\/client)\/.*\.ts$/.test(file) &&
  file.startsWith(values.only);

function wholeNumber(name: 'sample' | 'seed' | 'jobs' | 'seconds'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`error: --${name} needs a whole number above zero\n\n${usage}`);
  process.exit(2);
}

if (values.help) process.stdout.write(usage);
else await main();
