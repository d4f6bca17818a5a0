// One mutant on trial: the tests that come by its place, the most telling first, and then the types.
import type { Inputs } from './inputs.ts';
import type { Mutant } from './mutants.ts';
import type { Recorded } from './recording.ts';
import type { Trial } from './trial.ts';

export type Verdict = 'killed by tests' | 'killed by time' | 'killed by types' | 'survived';

export interface Judgement {
  mutant: string;
  verdict: Verdict;
  /** The test that failed, and what it was made of. */
  killer?: { test: string; digest: string; message: string };
  /** The tests that passed. */
  asked: Record<string, string>;
}

export type Witness = Omit<Recorded, 'own' | 'message'> & Inputs;

export interface Court {
  trial: Trial;
  typesPass(mutant: Mutant): Promise<boolean>;
  witnesses: readonly Witness[];
  /** So long may the tests that are asked about one mutant take together, when they pass. */
  budgetMs: number;
}

/** A run that takes so many times as long as without the mutant hangs. */
const patience = 5;
const startMs = 60_000;

export async function judge(court: Court, mutant: Mutant, before?: Judgement): Promise<Judgement> {
  const { tests, spared } = askedAbout(court, mutant, before);
  const asked = Object.fromEntries(spared.map(({ test, digest }) => [test, digest]));
  const judged = (verdict: Verdict): Judgement => ({ mutant: mutant.key, verdict, asked });
  const outcome = await twiceIfLate(court.trial, mutant, tests);
  if (outcome.kind === 'hung') return judged('killed by time');
  if (outcome.kind === 'failed') {
    const { test, message } = outcome;
    const digest = tests.find((each) => each.test === test)?.digest ?? '';
    return { ...judged('killed by tests'), killer: { test, digest, message } };
  }
  for (const { test, digest } of tests) asked[test] = digest;
  return judged((await court.typesPass(mutant)) ? 'survived' : 'killed by types');
}

/** A busy machine makes tests late, too: what was late must be late again. */
async function twiceIfLate(trial: Trial, mutant: Mutant, tests: readonly Witness[]) {
  const run = (some: readonly Witness[]) =>
    trial.run(
      { active: mutant.key },
      some.map(({ test }) => test),
      startMs + patience * sum(some),
    );
  if (tests.length === 0) return { kind: 'passed' } as const;
  const first = await run(tests);
  if (first.kind === 'passed') return first;
  if (first.kind === 'failed' && !/timed? ?out/i.test(first.message)) return first;
  return run(tests);
}

/** Those that passed before, and have not changed since, need not be asked again. */
export function askedAbout(
  { witnesses, budgetMs }: Pick<Court, 'witnesses' | 'budgetMs'>,
  mutant: Mutant,
  before?: Judgement,
): { tests: Witness[]; spared: Witness[] } {
  const able = witnesses.filter((each) => each.passed && mayReach(each, mutant));
  const spared = able.filter(({ test, digest }) => before?.asked[test] === digest);
  const costOf = ({ test, ms, reached }: Witness) =>
    test === before?.killer?.test ? 0 : (ms * reached.length) / 8 ** kinship(test, mutant.file);
  const left = able
    .filter((each) => !spared.includes(each))
    .map((each) => ({ each, cost: costOf(each) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ each }) => each);
  const tests = left.filter((_, index) => sum(left.slice(0, index)) < budgetMs);
  return { tests, spared };
}

/** test/ mirrors the source: how many names their paths have in common from the start. */
function kinship(test: string, file: string): number {
  const own = file.replace(/^shared\/|\.ts$/g, '').split('/');
  const others = test.replace(/^test\/|\.test\.ts$/g, '').split('/');
  const parting = own.findIndex((name, at) => name !== others[at]);
  return parting < 0 ? own.length : parting;
}

/** A mutant that was not there yet when the test was recorded may be reached wherever its file is imported. */
const mayReach = ({ reached, missed, files }: Witness, { key, file }: Mutant): boolean =>
  reached.includes(key) || (files.has(file) && !missed.includes(key));

const sum = (tests: readonly Witness[]) => tests.reduce((total, { ms }) => total + ms, 0);
