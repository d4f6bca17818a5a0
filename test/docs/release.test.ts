// The release: what the workflow does, what it may, and when a tag is refused.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { whyNotReleasable } from '#infra/release.ts';

const workflow = await readFile('.github/workflows/release.yml', 'utf8');
const changelog = await readFile('CHANGELOG.md', 'utf8');

test('a release is made of a tag, after the tests, with provenance and without a token of its own', () => {
  expect(workflow).toMatch(/\non:\n {2}push:\n {4}tags: \["v\*"\]\n\n/);
  const steps = ['node infra/release.ts', 'bash .ci/run', 'npm publish --provenance'];
  const places = steps.map((step) => workflow.indexOf(step));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThan(0);
  expect(workflow).not.toMatch(/secrets\.|_TOKEN|_authToken/);
});

test('the workflow may read the code and prove who it is, and nothing else', () => {
  expect(workflow).toContain('\npermissions: {}\n');
  const granted = [...workflow.matchAll(/^ {6}([\w-]+): (?:read|write)$/gm)].map(([line]) =>
    line.trim(),
  );
  expect(granted).toEqual(['contents: read', 'id-token: write']);
});

test('each action of the workflow is of one major version', () => {
  const used = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
  expect(used.length).toBeGreaterThan(1);
  for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@v\d+$/);
});

const ready =
  '# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2027-01-31\n\n- x\n\n## 1.2.2 - 2027-01-01\n';

test('a tag is released when the version and the changelog say the same', () => {
  expect(whyNotReleasable('v1.2.3', '1.2.3', ready)).toEqual([]);
});

test.each([
  ['another version', 'v1.2.4', ready, 'the tag is v1.2.4'],
  [
    'entries that are still unreleased',
    'v1.2.3',
    ready.replace('## 1', '- y\n\n## 1'),
    'Unreleased',
  ],
  ['no section of its own', 'v1.2.3', ready.replace('1.2.3', '1.2.1'), 'no section 1.2.3'],
  ['a section without a date', 'v1.2.3', ready.replace(' - 2027-01-31', ''), 'no date'],
])('a tag is refused for %s', (_, tag, text, why) => {
  expect(whyNotReleasable(tag, '1.2.3', text)).toEqual([expect.stringContaining(why)]);
});

const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

test('the changelog begins with what is unreleased, and has each version once, with its date', () => {
  const heads = [...changelog.matchAll(/^## (.*)$/gm)].map(([, head = '']) => head);
  expect(heads[0]).toBe('Unreleased');
  for (const head of heads.slice(1)) expect(head).toMatch(/^\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d$/);
  expect(new Set(heads).size).toBe(heads.length);
  for (const [, kind = ''] of changelog.matchAll(/^### (.*)$/gm)) expect(kinds).toContain(kind);
});
