import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { explained } from './explained.ts';
import { isViable, mutantsOf, mutated } from './mutants.ts';
import { reportOf } from './report.ts';
import { sampleOf } from './sample.ts';

test.each([
  ['const a = b && c;', ['const a = b || c;']],
  ['const a = b <= c;', ['const a = b < c;']],
  ['const a = b !== c;', ['const a = b === c;']],
  ['const a = !b;', ['const a = b;']],
  ['const a = true;', ['const a = false;']],
  ['const a = 9;', ['const a = 10;']],
  ['const a = 30;', ['const a = 300;']],
  ["const a = 'code';", ["const a = 'xcode';"]],
  ["const a = 'A sentence for people.';", []],
  ['const a = [b, c];', ['const a = [c];', 'const a = [b, ];']],
  ['const a = /^b+$/i;', ['/b+$/i', '/^b+/i', '/^b*$/i', '/^b+$/'].map((to) => `const a = ${to};`)],
  ['await a();', ['void (a());', ';']],
  ['if (a) throw b;', [';', 'if (!(a)) throw b;']],
  ['if (!a) b();', ['if (a) b();', 'if (!a) ;']],
  ['if (a === b) c();', ['if (a !== b) c();', 'if (a === b) ;']],
  [
    'if (a) b(); else c();',
    ['if (!(a)) b(); else c();', 'if (a) ; else c();', 'if (a) b(); else ;'],
  ],
  ["import a from 'b'; type C = 'd' | true; const e = { 'f': g };", []],
])('%s', (source, faults) => {
  expect(mutantsOf('a.ts', source).map((mutant) => mutated(source, mutant))).toEqual(faults);
});

test('the same seed picks the same mutants, at most three of a file, and only TypeScript', () => {
  const sources: Record<string, string> = {
    'a.ts': 'const a = [1, 2, 3, 4] as const; const b = a.length > 3 && !a[0];',
    'b.ts': 'const c = (d) ? 1 : 2;',
  };
  const all = Object.entries(sources).flatMap(([file, source]) => mutantsOf(file, source));
  const some = (seed: number) =>
    sampleOf(all, 5, seed, (mutant) => isViable(sources[mutant.file] ?? '', mutant));
  expect(some(1)).toEqual(some(1));
  expect(some(1)).not.toEqual(some(2));
  expect(some(1).filter(({ file }) => file === 'a.ts').length).toBeLessThanOrEqual(3);
});

test('a line that goes takes only its own mutants out of the sample', () => {
  const all = Array.from({ length: 20 }, (_, n) => mutantsOf(`${n}.ts`, `if (a${n} > b) c();`));
  const sampled = (some: typeof all) => sampleOf(some.flat(), 30, 1, () => true);
  const [gone] = sampled(all);
  const left = all.filter(([first]) => first?.file !== gone?.file);
  const kept = sampled(all).filter(({ file }) => file !== gone?.file);
  expect(kept.length).toBeLessThan(30);
  expect(sampled(left)).toEqual(expect.arrayContaining(kept));
});

test('an equivalent counts neither for nor against the score, a harmless one against it', () => {
  const [first, second, third] = mutantsOf('shared/core/a.ts', 'const a = [b, c, d];');
  if (!first || !second || !third) throw new Error('three are expected');
  const tried = [
    { mutant: first, verdict: 'killed by tests' as const },
    { mutant: second, verdict: 'survived' as const },
    { mutant: third, verdict: 'survived' as const },
  ];
  const why = (mutant: typeof first, kind: 'equivalent' | 'harmless') => ({
    ...mutant,
    kind,
    reason: 'as in this test',
  });
  const report = reportOf(tried, [why(second, 'equivalent'), why(third, 'harmless')]);
  expect(report).toContain('| all | 3 | 1 | 0 | 1 | 1 | 0 | 50 % |');
  expect(report).not.toContain('open:');
  expect(reportOf(tried, [])).toContain('open: shared/core/a.ts:1 list: c,  -> (nothing)');
});

test('each explained survivor is a mutant of the tree', async () => {
  for (const { file, code, original, replacement } of explained) {
    const mutants = mutantsOf(file, await readFile(join(root, file), 'utf8'));
    expect(mutants).toContainEqual(expect.objectContaining({ code, original, replacement }));
  }
});
