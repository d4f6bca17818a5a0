// A whole run: every test is recorded, then every mutant of the sample is judged, and what was found is remembered.
import { digestOf, inputsOf } from './inputs.ts';
import { askedAbout, type Judgement, judge, type Verdict, type Witness } from './judge.ts';
import type { Memory } from './memory.ts';
import type { Mutant } from './mutants.ts';
import { type Recorded, record } from './recording.ts';
import { survivorOf } from './report.ts';
import type { Trial } from './trial.ts';

export interface Run {
  jobs: readonly Job[];
  sources: ReadonlyMap<string, string>;
  sample: readonly Mutant[];
  budgetMs: number;
  recordings: Memory<Recorded>;
  judgements: Memory<Judgement & { tree: string }>;
}

export interface Job {
  trial: Trial;
  typesPass(mutant: Mutant): Promise<boolean>;
}

/** So many are judged before the tests that failed are run once more without a mutant. */
const batch = 10;
const controlMs = 900_000;

export async function witnessesFor(run: Run): Promise<Witness[]> {
  const { jobs, sources, sample, recordings } = run;
  const inputs = inputsOf([...sources.keys()].filter(isTest), sources);
  const witnesses: Witness[] = [];
  await inParallel(jobs, inputs, async ({ trial }, [name, its]) => {
    const test = { name, text: sources.get(name) ?? '', inputs: its };
    const recorded = await record({ trial, memory: recordings }, test, sample);
    witnesses.push({ ...recorded, ...its });
    console.error(`${witnesses.length}/${inputs.size} ${recorded.ms} ms ${name}`);
    if (!recorded.passed) {
      console.log(`not asked, fails without a mutant: ${name}: ${recorded.message}`);
    }
  });
  return witnesses;
}

/** Fills `done`, which can be reported at any time. */
export async function judgedBy(
  run: Run,
  witnesses: readonly Witness[],
  done: { mutant: Mutant; verdict: Verdict }[],
): Promise<void> {
  const { jobs, sample, judgements, budgetMs } = run;
  const tree = digestOf([...run.sources]);
  const flaky = new Set<string>();
  await inParallel(jobs, batches(sample), async (job, some) => {
    const fresh: [Mutant, Judgement][] = [];
    for (const mutant of some) {
      const before = judgements.all().findLast((each) => each.mutant === mutant.key);
      const stands = before && standsStill(before, mutant);
      const judged = stands ? before : await judgedNow(job, mutant, before);
      if (stands) done.push({ mutant, verdict: before.verdict });
      else fresh.push([mutant, judged]);
      tell(mutant, judged);
    }
    for (const test of await failingWithout(job.trial, fresh)) flaky.add(test);
    for (const [mutant, first] of fresh) {
      const again = first.killer && flaky.has(first.killer.test);
      const judged = again ? await judgedNow(job, mutant) : first;
      if (again) tell(mutant, judged);
      judgements.add({ ...judged, tree });
      done.push({ mutant, verdict: judged.verdict });
    }
  });

  function judgedNow(job: Job, mutant: Mutant, before?: Judgement): Promise<Judgement> {
    const sure = witnesses.filter(({ test }) => !flaky.has(test));
    return judge({ ...job, witnesses: sure, budgetMs }, mutant, before);
  }

  function standsStill(before: Judgement & { tree: string }, mutant: Mutant): boolean {
    if (isStillKilled(before, witnesses)) return true;
    const left = askedAbout({ witnesses, budgetMs }, mutant, before).tests;
    return before.tree === tree && (before.verdict !== 'survived' || left.length === 0);
  }

  function tell(mutant: Mutant, { verdict, killer }: Judgement): void {
    const by = killer ? ` (${killer.test})` : '';
    console.error(`${sample.indexOf(mutant) + 1} ${verdict}: ${survivorOf(mutant)}${by}`);
  }
}

/** A test that fails without a mutant, too, has killed nothing. */
async function failingWithout(
  trial: Trial,
  judged: readonly [Mutant, Judgement][],
): Promise<ReadonlySet<string>> {
  const killers = new Set(judged.flatMap(([, { killer }]) => (killer ? [killer.test] : [])));
  const failing = new Set<string>();
  while (killers.size > 0) {
    const outcome = await trial.run({}, [...killers], controlMs);
    if (outcome.kind === 'passed') break;
    if (outcome.kind === 'hung') return new Set([...failing, ...killers]);
    console.log(`flaky, fails without a mutant: ${outcome.test}: ${outcome.message}`);
    failing.add(outcome.test);
    killers.delete(outcome.test);
  }
  return failing;
}

/** The test that failed passes without a mutant, and is made of the same as when it failed. */
const isStillKilled = ({ killer }: Judgement, witnesses: readonly Witness[]) =>
  witnesses.some(
    ({ test, digest, passed }) => passed && test === killer?.test && digest === killer.digest,
  );

/** Those of `npm test`, without what takes a whole package. */
const isTest = (file: string) =>
  /^test\/.*\.test\.ts$/.test(file) &&
  !/^test\/(e2e|deploy|examples|peers|package|mutation)\//.test(file);

function* batches(sample: readonly Mutant[]): Generator<readonly Mutant[]> {
  for (let from = 0; from < sample.length; from += batch) yield sample.slice(from, from + batch);
}

async function inParallel<T>(
  jobs: readonly Job[],
  items: Iterable<T>,
  work: (job: Job, item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  await Promise.all(
    jobs.map(async (job) => {
      for (let next = left.next(); !next.done; next = left.next()) await work(job, next.value);
    }),
  );
}
