import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { expect, onTestFinished, test } from 'vitest';
import { isViable, mutantsOf, mutated } from './mutants.ts';
import { isOn, switchFile } from './switch.ts';
import { switched } from './switched.ts';

const source = `
export function answer(input: number[], log: string[]): string {
  const some = [input[0] ?? 9, input.length > 1 && !input[1]] as const;
  if (some[0] === 7) { log.push('seven'); }
  else if (some[1]) log.push('empty'); else log.push('other');
  for (const each of input) { if (each < 0) continue; log.push(String(each)); }
  return (log.length >= 3 ? /^s+/i : /e/).test(log.join()) ? 'yes' : 'no';
}
`;
const inputs = [[7], [7, 0, 1], [3, -2], [3, 0, 2], []];

test('a switched source does what the mutant does whose key is on, and what the original does without one', async () => {
  const mutants = mutantsOf('a.ts', source).filter((mutant) => isViable(source, mutant));
  expect(mutants.length).toBeGreaterThan(25);
  const both = await bodyOf(switched(source, mutants, '/copy'));
  expect(said(await bodyOf(both), () => false)).toEqual(said(await bodyOf(source)));
  for (const mutant of mutants) {
    const alone = said(await bodyOf(mutated(source, mutant)));
    expect([mutant, said(both, (key) => key === mutant.key)]).toEqual([mutant, alone]);
  }
});

test('a source without mutants of the sample stays as it is', () => {
  expect(switched(source, [], '/copy')).toBe(source);
});

test('a process reads once which mutant is on, and writes down each place once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-switch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const reached = join(folder, 'reached.txt');
  writeFileSync(join(folder, switchFile), JSON.stringify({ active: 'b', reached }));
  expect(['a', 'b', 'a'].map((key) => isOn(folder, key))).toEqual([false, true, false]);
  writeFileSync(join(folder, switchFile), JSON.stringify({ active: 'a' }));
  expect(isOn(folder, 'a')).toBe(false);
  expect(readFileSync(reached, 'utf8')).toBe('a\nb\n');
});

/** The function alone, without types, as a script can make it. */
async function bodyOf(text: string): Promise<string> {
  const { code } = await transformWithOxc(text, 'a.ts');
  return code.replace(/^import .*$/m, '').replace('export ', '');
}

function said(body: string, isOn?: (key: string) => boolean): unknown[] {
  const script = body.replace(/function mutant\(key\) \{[^}]*\}/, '');
  const answer = new Function('mutant', `${script}; return answer;`)(isOn);
  return inputs.map((input) => {
    const log: string[] = [];
    try {
      return [answer(input, log), log];
    } catch (error) {
      return [String(error), log];
    }
  });
}
