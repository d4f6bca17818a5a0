import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the client is under 3 KB, minified and gzipped', async () => {
  const { outputFiles } = await build({
    entryPoints: ['spa/client/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  expect(gzipSync(outputFiles[0]?.contents ?? '').byteLength).toBeLessThan(3_000);
});

test('the client imports nothing but itself', async () => {
  const { metafile } = await build({
    entryPoints: ['spa/client/index.ts'],
    bundle: true,
    packages: 'external',
    format: 'esm',
    metafile: true,
    write: false,
  });
  const inputs = Object.entries(metafile.inputs);
  expect(inputs.map(([path]) => path).filter((path) => !path.startsWith('spa/client/'))).toEqual(
    [],
  );
  expect(inputs.flatMap(([, { imports }]) => imports.filter(({ external }) => external))).toEqual(
    [],
  );
});

test.each(['react', 'angular', 'vue', 'svelte'])(
  'the adapter for %s is under 60 lines',
  async (name) => {
    const source = await readFile(`spa/client/${name}/index.ts`, 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThan(60);
  },
);
