// docs/compliance.md names a test for each rule. A test that was renamed or moved takes its rule along, or fails here.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { titlesOf } from '../support/titles.ts';

const page = await readFile(join(root, 'docs/compliance.md'), 'utf8');
const [held = '', notHeld] = page.split('\n## Not held by a test\n');

/** The cells of each row, without the heads of the tables. */
const rowsOf = (part: string) =>
  part
    .split('\n')
    .filter((line) => /^\| (?!Rule \|)/.test(line))
    .map((line) => line.slice(2, -2).split(' | '));

test('every rule has a source and a test, or a reason why there is none', () => {
  expect(rowsOf(held).length).toBeGreaterThan(150);
  for (const [rule, source, tests = '', ...more] of rowsOf(held)) {
    expect([rule, source], rule).toEqual([
      expect.stringMatching(/\S/),
      expect.stringMatching(/\S/),
    ]);
    for (const cited of tests.split('<br>')) {
      expect(cited, rule).toMatch(/^`test\/[\w./-]+\.ts` \S/);
    }
    expect(more, rule).toEqual([]);
  }
  expect(notHeld).toBeDefined();
  for (const row of rowsOf(notHeld ?? '')) {
    expect(row, row[0]).toEqual(Array(3).fill(expect.stringMatching(/\S/)));
  }
});

test('every test that it names exists, in that file and under that title', async () => {
  const cited = [...held.matchAll(/`(test\/[^`]+)` (.+?)(?=<br>| \|$)/gm)].map(
    ([, file = '', title = '']) => ({ file, title }),
  );
  expect(cited.length).toBeGreaterThan(250);
  const missing: string[] = [];
  for (const [file, names] of Map.groupBy(cited, ({ file }) => file)) {
    const source = await readFile(join(root, file), 'utf8').catch(() => '');
    const titles = new Set(titlesOf(file, source));
    for (const { title } of names) if (!titles.has(title)) missing.push(`${file}: ${title}`);
  }
  expect(missing).toEqual([]);
});

test('titles are read from tests in groups, from tables and from templates', () => {
  const source = `
    describe('a key', () => {
      test('signs', () => expect(sign('test', () => {})).toBe(1));
      test.each([['a', 1]])('%s has %i of $name.first', () => {});
      describe.each(keys)('of $spec', () => { it.skipIf(slow)(\`takes \${n} ms\`, () => {}); });
    });
    test.each\`a | b\`('a tagged table', () => {});
    /re/.test('no title');
    someone.test('no title either', 1);`;
  expect(titlesOf('some.test.ts', source)).toEqual([
    'a key > signs',
    'a key > … has … of …',
    'a key > of … > takes … ms',
    'a tagged table',
  ]);
});
