import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, bundle } from '#infra/bundle.ts';
import type { FunctionName } from '#infra/functions.ts';

let folder: string;
const bundles = new Map<FunctionName, Bundle>();
const served = ['proxy', 'auth', 'machine', 'authorizer'] as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bff-bundles-'));
  for (const name of served) bundles.set(name, await bundle(name, folder));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** index.mjs and everything that it imports, and so on: the text that a cold start reads. */
async function loadedAtStart(name: FunctionName): Promise<string[]> {
  const found = new Map<string, string>();
  const read = async (file: string): Promise<void> => {
    if (found.has(file)) return;
    const code = await readFile(join(folder, name, file), 'utf8');
    found.set(file, code);
    // As esbuild writes them: `from"./x.mjs"`, `import"./x.mjs"`; on demand it is `import("./x.mjs")`.
    for (const [, next] of code.matchAll(/(?:from|import)"\.\/([\w-]+\.mjs)"/g)) {
      await read(next as string);
    }
  };
  await read('index.mjs');
  return [...found.values()];
}

test.each([
  ['proxy', 400_000],
  ['auth', 400_000],
  ['machine', 400_000],
  ['authorizer', 300_000],
] as const)('%s loads less than %i bytes at its start', async (name, most) => {
  const bytes = (await loadedAtStart(name)).reduce((sum, code) => sum + Buffer.byteLength(code), 0);
  expect(bytes).toBe(bundles.get(name)?.bytes);
  expect(bytes).toBeLessThan(most);
});

test.each(served)('%s loads the clients of the SDK only on demand', async (name) => {
  const files = await readdir(join(folder, name));
  const whole = await Promise.all(files.map((file) => readFile(join(folder, name, file), 'utf8')));
  const ofTheSdk = (code: string) => code.includes('AWS_CONTAINER_CREDENTIALS_FULL_URI');
  expect(whole.some(ofTheSdk)).toBe(true);
  expect((await loadedAtStart(name)).some(ofTheSdk)).toBe(false);
});

test('a bundle is a folder that holds all it needs', async () => {
  for (const name of served) {
    const { file } = bundles.get(name) as Bundle;
    expect((await stat(file)).isFile()).toBe(true);
    expect(await import(file)).toHaveProperty('handler');
  }
});
