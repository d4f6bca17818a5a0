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
