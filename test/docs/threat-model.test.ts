// docs/threat-model.md names what stops each threat, what remains, and a test that shows it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { missingTests, namesTest, rowsOf, testsIn } from '#test/support/cited-tests.ts';

const page = await readFile(join(root, 'docs/threat-model.md'), 'utf8');
const threats = rowsOf(page.split('\n## Threats\n')[1] ?? '', 'Threat');

test('every threat has a source, what stops it, what remains, and a test', () => {
  expect(threats.length).toBeGreaterThan(40);
  for (const row of threats) {
    const [threat = '', , , , tests = ''] = row;
    expect(row, threat).toEqual(Array(5).fill(expect.stringMatching(/\S/)));
    for (const cited of tests.split('<br>')) expect(cited, threat).toMatch(namesTest);
  }
});

test('every test that it names exists, in that file and under that title', async () => {
  expect(testsIn(page).length).toBeGreaterThan(80);
  expect(await missingTests(page)).toEqual([]);
});

const attacks = {
  'RFC 9700': Array.from({ length: 17 }, (_, index) => `4.${index + 1}`),
  'RFC 10017': ['5.1.1', '5.1.2', '5.1.3', '5.1.4', '5.2.1', '5.2.2', '5.2.3'],
};

test.each(Object.entries(attacks))('no attack of %s is left out', (standard, sections) => {
  const answered = threats.flatMap(([, source = '']) =>
    source
      .split('; ')
      .filter((one) => one.startsWith(`${standard}, `))
      .flatMap((one) => one.slice(standard.length + 2).split(', ')),
  );
  expect(sections.filter((section) => !answered.includes(section))).toEqual([]);
});
