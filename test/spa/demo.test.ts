import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { bundle } from '#infra/bundle.ts';
import { type FunctionName, functions } from '#infra/functions.ts';
import { bundleDemo } from '#spa/demo/build.ts';

async function tempFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Paths below the folder, as a URL would have them. */
const filesOf = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));

/** Words of the local page's feed and attempts. */
const localWords = /\/__local\/[a-z]|thefts|thief|EventSource|another-site/i;

test('the demo that is deployed knows nothing of the local feed', async () => {
  const folder = await tempFolder();
  await bundleDemo(folder);
  const names = await filesOf(folder);
  expect(names.length).toBeGreaterThanOrEqual(4);
  for (const name of names)
    expect(await readFile(join(folder, name), 'utf8')).not.toMatch(localWords);
  const { metafile } = await build({
    entryPoints: ['spa/demo/main.ts'],
    bundle: true,
    metafile: true,
    write: false,
    outdir: folder,
  });
  expect(Object.keys(metafile.inputs).filter((path) => !path.startsWith('spa/'))).toEqual([]);
});

test('the local demo has the feed, so the words above are the right ones', async () => {
  const folder = await tempFolder();
  await bundleDemo(folder, 'infra/local/demo/browser/main.ts');
  const names = (await filesOf(folder)).filter((name) => name.endsWith('.js'));
  expect(await readFile(join(folder, names[0] ?? ''), 'utf8')).toMatch(localWords);
});

test.each(Object.keys(functions))(
  'the function %s holds nothing of the local system',
  async (name) => {
    const { file } = await bundle(name as FunctionName, await tempFolder());
    expect(await readFile(file, 'utf8')).not.toMatch(/__local|infra\/local/);
  },
);

test('the page needs no inline script or style, and loads only what is its own', async () => {
  const folder = await tempFolder();
  await bundleDemo(folder);
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|style=|\son\w+=|javascript:/i);
  expect(html).not.toMatch(/<script(?![^>]*src=)/);
  const files = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path);
  expect(files.length).toBeGreaterThanOrEqual(3);
  expect(await filesOf(folder)).toEqual(expect.arrayContaining(files));
});

test('all but the page itself may be cached for ever: names carry the hash of the content', async () => {
  const folder = await tempFolder();
  await bundleDemo(folder);
  const names = await filesOf(folder);
  const code = names.filter((name) => /\.(js|css)$/.test(name));
  expect(code).toHaveLength(2);
  for (const name of code) expect(name).toMatch(/^assets\/main-[A-Z0-9]{8}\.(js|css)$/);
});
