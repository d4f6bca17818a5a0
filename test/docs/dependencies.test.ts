// The README gives every dependency its reason, and names none that is not installed.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

test('the README names every dependency with its reason, and no other', async () => {
  const { devDependencies, dependencies = {} } = await json('package.json');
  const installed = Object.keys({ ...dependencies, ...devDependencies });
  const readme = await readFile('README.md', 'utf8');
  const [, section = ''] = readme.split('\n## Dependencies\n');
  const rows =
    section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => /^\| `/.test(line)) ?? [];
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );

  const optional = Object.keys((await json('infra/node24/package.json')).optionalDependencies);
  const known = [...optional, 'infra/node24', '@types/*'];
  expect(named.filter((name) => !known.includes(name)).sort()).toEqual(
    installed.filter((name) => !name.startsWith('@types/')).sort(),
  );
  for (const row of rows) expect(row.split(' | ')[1]?.trim(), row).not.toBe('');
});
