import { expect, test } from 'vitest';
import { type Judgement, judge } from './judge.ts';
import { mutantsOf } from './mutants.ts';
import type { Recorded } from './recording.ts';
import type { Outcome } from './trial.ts';

const [mutant] = mutantsOf('a.ts', 'const a = b && c;');
if (!mutant) throw new Error('one is expected');
const { key } = mutant;

const recorded = (name: string, ms: number, more: Partial<Recorded> = {}): Recorded => ({
  test: name,
  digest: `${name} as it is`,
  passed: true,
  ms,
  reached: [key],
  missed: [],
  ...more,
});
const failed = (name: string, message = 'expected 1 to be 2'): Outcome => ({
  kind: 'failed',
  test: name,
  message,
});

async function judged(
  tests: readonly Recorded[],
  { outcomes = [], typesPass = true, before }: Setting = {},
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
  const court = { trial, typesPass: async () => typesPass, recorded: tests, budgetMs: 3_000 };
  return { ...(await judge(court, mutant as typeof mutant & object, before)), runs: asked };
}

interface Setting {
  outcomes?: Outcome[];
  typesPass?: boolean;
  before?: Judgement;
}

test('only tests are asked that reach the place and pass without the mutant, the quick and special ones first', async () => {
  const { runs, verdict } = await judged([
    recorded('slow', 900),
    recorded('broad', 100, { reached: [key, ...Array.from({ length: 20 }, String)] }),
    recorded('special', 300),
    recorded('elsewhere', 1, { reached: [] }),
    recorded('broken', 1, { passed: false }),
  ]);
  expect(runs).toEqual([['special', 'slow', 'broad']]);
  expect(verdict).toBe('survived');
});

test('the slowest tests are left out once the others fill the budget', async () => {
  const { runs } = await judged([recorded('a', 990), recorded('b', 2_100), recorded('c', 2_200)]);
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
  const tests = [recorded('a', 1)];
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
  const first = await judged([recorded('a', 1), recorded('b', 2)]);
  const later = [recorded('a', 1), recorded('b', 2, { digest: 'changed' }), recorded('c', 3)];
  expect((await judged(later, { before: first })).runs).toEqual([['b', 'c']]);

  const killed = await judged([recorded('a', 1), recorded('b', 2)], { outcomes: [failed('b')] });
  const changed = [recorded('a', 1), recorded('b', 2, { digest: 'changed' })];
  expect((await judged(changed, { before: killed })).runs).toEqual([['b', 'a']]);
});
