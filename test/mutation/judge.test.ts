import { expect, test } from 'vitest';
import { type Judgement, judge, type Witness } from './judge.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import type { Outcome } from './trial.ts';

const [mutant] = mutantsOf('a.ts', 'const a = b && c;');
if (!mutant) throw new Error('one is expected');
const { key } = mutant;

const witness = (name: string, ms: number, more: Partial<Witness> = {}): Witness => ({
  test: name,
  digest: `${name} as it is`,
  passed: true,
  ms,
  reached: [key],
  missed: [],
  files: new Set(['a.ts']),
  ...more,
});
const failed = (name: string, message = 'expected 1 to be 2'): Outcome => ({
  kind: 'failed',
  test: name,
  message,
});

async function judged(
  tests: readonly Witness[],
  { outcomes = [], typesPass = true, before }: Setting = {},
  of = mutant as Mutant,
) {
  const asked: string[][] = [];
  const left = [...outcomes];
  const trial = {
    folder: '/copy',
    run: async (_: unknown, names: readonly string[]) => {
      asked.push([...names]);
      return left.shift() ?? { kind: 'passed' as const };
    },
    close: () => {},
  };
  const court = { trial, typesPass: async () => typesPass, witnesses: tests, budgetMs: 3_000 };
  return { ...(await judge(court, of, before)), runs: asked };
}

interface Setting {
  outcomes?: Outcome[];
  typesPass?: boolean;
  before?: Judgement;
}

test('only tests are asked that reach the place and pass without the mutant, the quick and special ones first', async () => {
  const { runs, verdict } = await judged([
    witness('slow', 900),
    witness('broad', 100, { reached: [key, ...Array.from({ length: 20 }, String)] }),
    witness('special', 300),
    witness('by', 1, { reached: [], missed: [key] }),
    witness('elsewhere', 1, { reached: [], files: new Set() }),
    witness('older', 700, { reached: [''], missed: [''] }),
    witness('broken', 1, { passed: false }),
  ]);
  expect(runs).toEqual([['special', 'older', 'slow', 'broad']]);
  expect(verdict).toBe('survived');
});

test('the test of the file itself comes before the others of its folder, and these before the rest', async () => {
  const { runs } = await judged(
    [
      witness('test/b.test.ts', 100),
      witness('test/a/c.test.ts', 300),
      witness('test/a/b.test.ts', 1_000),
    ],
    {},
    { ...mutant, file: 'shared/a/b.ts' },
  );
  expect(runs).toEqual([['test/a/b.test.ts', 'test/a/c.test.ts', 'test/b.test.ts']]);
});

test('the slowest tests are left out once the others fill the budget', async () => {
  const { runs } = await judged([witness('a', 990), witness('b', 2_100), witness('c', 2_200)]);
  expect(runs).toEqual([['a', 'b']]);
});

test('a mutant that no test reaches is judged by the types alone', async () => {
  expect(await judged([], { typesPass: false })).toMatchObject({
    verdict: 'killed by types',
    runs: [],
  });
  expect(await judged([])).toMatchObject({ verdict: 'survived', runs: [] });
});

test('a failed assertion kills at once; a test that timed out is asked once more', async () => {
  const tests = [witness('a', 1)];
  const late = failed('a', 'Test timed out in 30000ms.');
  expect(await judged(tests, { outcomes: [failed('a')] })).toMatchObject({
    verdict: 'killed by tests',
    killer: { test: 'a', digest: 'a as it is' },
    runs: [['a']],
  });
  expect((await judged(tests, { outcomes: [late, late] })).verdict).toBe('killed by tests');
  expect((await judged(tests, { outcomes: [late] })).verdict).toBe('survived');
  expect((await judged(tests, { outcomes: [{ kind: 'hung' }] })).verdict).toBe('survived');
  const hung: Outcome[] = [{ kind: 'hung' }, { kind: 'hung' }];
  expect((await judged(tests, { outcomes: hung })).verdict).toBe('killed by time');
});

test('a survivor is shown only to the tests that are new or have changed, and the last killer is asked first', async () => {
  const first = await judged([witness('a', 1), witness('b', 2)]);
  const later = [witness('a', 1), witness('b', 2, { digest: 'changed' }), witness('c', 3)];
  expect((await judged(later, { before: first })).runs).toEqual([['b', 'c']]);

  const killed = await judged([witness('a', 1), witness('b', 2)], { outcomes: [failed('b')] });
  const changed = [witness('a', 1), witness('b', 2, { digest: 'changed' })];
  expect((await judged(changed, { before: killed })).runs).toEqual([['b', 'a']]);
});
