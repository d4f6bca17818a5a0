import { expect, test } from 'vitest';
import { inputsOf } from './inputs.ts';

const tree = {
  'package.json': '{}',
  'test/near.test.ts': "import { a } from '#core/a.ts'; import '../fixture.json';",
  'test/far.test.ts': "import { start } from '#infra/start.ts';",
  'test/apart.test.ts': "import { d } from './d.ts';",
  'test/d.ts': '',
  'shared/core/a.ts': "export { b } from './b.ts';",
  'shared/core/b.ts': "import { a } from './a.ts';",
  'infra/start.ts': "spawn('infra/main.mjs'); import('./bundle.ts');",
  'infra/main.mjs': '',
  'infra/bundle.ts': '',
  'functions/proxy.ts': "import { b } from '#core/b.ts';",
  'fixture.json': '1',
};
const tests = Object.keys(tree).filter((file) => file.endsWith('.test.ts'));
const inputs = (changed: Partial<typeof tree> = {}) =>
  inputsOf(tests, new Map(Object.entries({ ...tree, ...changed })));

test('a test is made of what it imports, starts or bundles, and of what that imports', () => {
  const filesOf = (name: string) => [...(inputs().get(name)?.files ?? [])];
  expect(filesOf('test/near.test.ts')).toEqual(
    expect.arrayContaining(['fixture.json', 'shared/core/a.ts', 'shared/core/b.ts']),
  );
  expect(filesOf('test/far.test.ts')).toEqual(
    expect.arrayContaining(['infra/main.mjs', 'functions/proxy.ts', 'shared/core/b.ts']),
  );
  expect(filesOf('test/apart.test.ts')).not.toContain('shared/core/b.ts');
});

test('the digest changes with what the test is made of, and with nothing else', () => {
  const changedBy = (changed: Partial<typeof tree>) =>
    tests.filter((name) => inputs().get(name)?.digest !== inputs(changed).get(name)?.digest);
  expect(changedBy({ 'shared/core/b.ts': 'b' })).toEqual(['test/near.test.ts', 'test/far.test.ts']);
  expect(changedBy({ 'infra/main.mjs': 'b' })).toEqual(['test/far.test.ts']);
  expect(changedBy({ 'fixture.json': '2' })).toEqual(['test/near.test.ts']);
  expect(changedBy({ 'package.json': '{ }' })).toEqual(tests);
});
