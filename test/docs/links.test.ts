// Whatever a page names in this repository exists: files, sections, scripts.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { anchorsOf, linksIn } from '#test/support/markdown.ts';

const names = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'));
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  'infra/local/README.md',
  ...names.map((name) => `docs/${name}`),
];

const text = (page: string) => readFile(join(root, page), 'utf8');
test.each(pages)('every link of %s leads to a file and a section that exist', async (page) => {
  for (const link of linksIn(await text(page))) {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, target)), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(await text(target)), link).toContain(anchor);
  }
});

test.each(pages)('%s holds no marks of a merge', async (page) => {
  expect(await text(page)).not.toMatch(/^(?:<{7} |={7}$|>{7} )/m);
});

test.each(pages)('every path and every script that %s names exists', async (page) => {
  const scripts = await scriptsOf('package.json');
  if (page === 'examples/README.md')
    scripts.push(...(await scriptsOf('examples/react/package.json')));
  const told = await text(page);
  const paths = /`((?:docs|examples|functions|infra|shared|spa|test)\/[\w./-]*)`/g;
  for (const [, path = ''] of told.matchAll(paths)) {
    expect(existsSync(join(root, path)), path).toBe(true);
  }
  for (const [, script = ''] of told.matchAll(/\bnpm run ([a-z][\w:]*)/g)) {
    expect(scripts, page).toContain(script);
  }
});

test('every page and section of docs/ that a source names exists', async () => {
  let named = 0;
  for (const folder of ['functions', 'infra', 'shared', 'spa', 'test']) {
    for (const file of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(?:ts|mjs)$/.test(file) || file.includes('node_modules')) continue;
      const source = await text(join(folder, file));
      for (const [, page = '', anchor] of source.matchAll(/\b(docs\/[\w-]+\.md)(?:#([\w-]+))?/g)) {
        named++;
        expect(existsSync(join(root, page)), `${file}: ${page}`).toBe(true);
        if (anchor) expect(anchorsOf(await text(page)), `${file}: ${page}`).toContain(anchor);
      }
    }
  }
  expect(named).toBeGreaterThan(50);
});

const scriptsOf = async (manifest: string): Promise<string[]> =>
  Object.keys(JSON.parse(await text(manifest)).scripts);
