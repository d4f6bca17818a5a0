// npm run mutation: puts small faults into the sources, one at a time, and counts how many the tests and the types catch.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '#infra/bundle.ts';
import { explained } from './explained.ts';
import { judgeIn, type Verdict } from './judge.ts';
import { isViable, type Mutant, mutantsOf } from './mutants.ts';
import { graphOf, testsOf } from './related.ts';
import { reportOf, survivorOf } from './report.ts';
import { sampleOf } from './sample.ts';

const usage = `npm run mutation -- [--sample 300] [--seed 1] [--jobs 2] [--only shared/core]

Puts small faults into a copy of the sources, one at a time. Prints how many the tests and the types catch, and each that
survives. The same seed gives the same faults. A sample of 300 takes about an hour on two cores.
`;

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
});

async function main() {
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  const sources = new Map<string, string>();
  for (const file of files.filter(isMutated)) {
    sources.set(file, await readFile(join(root, file), 'utf8'));
  }
  const all = [...sources].flatMap(([file, source]) => mutantsOf(file, source));
  const viable = (mutant: Mutant) => isViable(sources.get(mutant.file) ?? '', mutant);
  const sample = sampleOf(all, wholeNumber('sample'), wholeNumber('seed'), viable);
  console.log(
    `${sample.length} of ${all.length} mutants in ${sources.size} files, seed ${values.seed}`,
  );
  const graph = await graphOf(root, files);
  const tried: { mutant: Mutant; verdict: Verdict }[] = [];
  const left = sample[Symbol.iterator]();
  await Promise.all(Array.from({ length: wholeNumber('jobs') }, work));
  console.log(reportOf(tried, explained));

  async function work() {
    const judge = await judgeIn(root, files);
    try {
      for (const mutant of left) {
        const verdict = await judge.judge(mutant, testsOf(mutant.file, graph));
        tried.push({ mutant, verdict });
        console.error(`${tried.length}/${sample.length} ${verdict}: ${survivorOf(mutant)}`);
      }
    } finally {
      await judge.close();
    }
  }
}

/** What is deployed, or runs in a page or at an operator's. The local stand-ins and the demo are tests themselves. */
const isMutated = (file: string) =>
  /^(functions|shared|infra\/(aws|operator|doctor)|spa\/client)\/.*\.ts$/.test(file) &&
  file.startsWith(values.only);

function wholeNumber(name: 'sample' | 'seed' | 'jobs'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`error: --${name} needs a whole number above zero\n\n${usage}`);
  process.exit(2);
}

if (values.help) process.stdout.write(usage);
else await main();
