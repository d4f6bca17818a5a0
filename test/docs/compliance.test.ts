// docs/compliance.md names a test for each rule. A test that was renamed or moved takes its rule along, or fails here.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { missingTests, namesTest, rowsOf, testsIn } from '#test/support/cited-tests.ts';
import { titlesOf } from '#test/support/titles.ts';

const page = await readFile(join(root, 'docs/compliance.md'), 'utf8');
const [held = '', notHeld] = page.split('\n## Not held by a test\n');

test('every rule has a source and a test, or a reason why there is none', () => {
  expect(rowsOf(held, 'Rule').length).toBeGreaterThan(150);
  for (const [rule, source, tests = '', ...more] of rowsOf(held, 'Rule')) {
    expect([rule, source], rule).toEqual([
      expect.stringMatching(/\S/),
      expect.stringMatching(/\S/),
    ]);
    for (const cited of tests.split('<br>')) {
      expect(cited, rule).toMatch(namesTest);
    }
    expect(more, rule).toEqual([]);
  }
  expect(notHeld).toBeDefined();
  for (const row of rowsOf(notHeld ?? '', 'Rule')) {
    expect(row, row[0]).toEqual(Array(3).fill(expect.stringMatching(/\S/)));
  }
});

test('every test that it names exists, in that file and under that title', async () => {
  expect(testsIn(held).length).toBeGreaterThan(250);
  expect(await missingTests(held)).toEqual([]);
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
