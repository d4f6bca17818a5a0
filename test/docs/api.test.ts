import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { docOf } from '#infra/api/doc.ts';
import { apiDocument, apiFile, entries } from '#infra/api/document.ts';
import { exportsOf } from '#infra/api/exports.ts';
import { usualThresholds } from '#infra/aws/operations/thresholds.ts';

test('docs/api.md is what the sources say today (npm run docs writes it)', async () => {
  expect(await readFile(apiFile, 'utf8')).toBe(apiDocument());
});

test('every export of the package that has types is in it', async () => {
  const { name, exports } = JSON.parse(await readFile('package.json', 'utf8'));
  const typed = Object.entries<string | { types?: string }>(exports)
    .filter(([, target]) => typeof target === 'object' && target.types)
    .map(([path]) => path.replace('.', name));
  expect(Object.keys(entries).sort()).toEqual(typed.sort());
});

describe.each(Object.entries(entries))('in %s', (_, file) => {
  test('everything has a sentence', () => {
    const all = exportsOf(file).flatMap(({ name, doc, members }) => [
      { name, doc },
      // Constructors take what their parameters say.
      ...members
        .filter((member) => member.name !== 'new')
        .map((member) => ({ name: `${name}.${member.name}`, doc: member.doc })),
    ]);
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter(({ doc }) => doc.text === '').map(({ name }) => name)).toEqual([]);
  });
});

test('the thresholds of alarms are said to be what they are', () => {
  const thresholds = exportsOf(entries['okta-dpop-bff/cdk']).find(
    ({ name }) => name === 'Thresholds',
  );
  const said = (thresholds?.members ?? []).map(({ name, doc }) => [
    name.replace('?', ''),
    Number(doc.default),
  ]);
  expect(Object.fromEntries(said)).toEqual(usualThresholds);
});

test.each([
  ['*\n * Kept.\n * @default 3\n ', 'Kept.', '3'],
  ['* Kept.\n * @default - none is made.', 'Kept.', 'none is made'],
  ['* Kept. Default: `a.b`, as in v1.2. And this.', 'Kept. And this.', '`a.b`, as in v1.2'],
  ['* Kept. Default and maximum: 25000. ', 'Kept.', '25000'],
  ['* By default nobody is told. ', 'By default nobody is told.', undefined],
])('the default is found in a comment: %j', (comment, text, usual) => {
  expect(docOf(comment)).toEqual({ text, ...(usual !== undefined && { default: usual }) });
});
