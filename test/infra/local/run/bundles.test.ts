import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { functions } from '#infra/functions.ts';
import { bundleFunctions, type Code, sharedBundles } from '#infra/local/run/bundles.ts';

afterEach(() => vi.unstubAllEnvs());

const filesOf = (code: Code) => code.functions({}, true).map(({ file }) => file);

test('a run has a folder of its own, which is gone when it ends', {
  timeout: 120_000,
}, async () => {
  vi.stubEnv(sharedBundles, '');
  const code = await bundleFunctions();
  const files = filesOf(code);
  expect(files).toHaveLength(Object.keys(functions).length);
  expect(files.every(existsSync)).toBe(true);
  await code.close();
  expect(files.some(existsSync)).toBe(false);
});

test('runs that share a folder share what the first of them made, and leave it there', {
  timeout: 120_000,
}, async () => {
  const shared = await mkdtemp(join(tmpdir(), 'bff-shared-'));
  onTestFinished(() => rm(shared, { recursive: true, force: true }));
  vi.stubEnv(sharedBundles, shared);

  const [one, other] = await Promise.all([bundleFunctions(), bundleFunctions()]);
  expect(filesOf(other)).toEqual(filesOf(one));
  expect(await readdir(shared)).toEqual(['functions']);
  await one.close();
  await other.close();

  const times = () => Promise.all(filesOf(one).map(async (file) => (await stat(file)).mtimeMs));
  const before = await times();
  await bundleFunctions();
  expect(await times()).toEqual(before);
});
