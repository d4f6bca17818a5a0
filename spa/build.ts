// The published client: one ES module and one declaration per source file, in dist/client.
import { execFile } from 'node:child_process';
import { glob, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function buildClient(): Promise<void> {
  const dist = join(root, 'dist/client');
  await rm(dist, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', join(root, 'spa/client')]);
  // The compiler rewrites `.ts` in modules only, not in declarations.
  for await (const path of glob(join(dist, '**/*.d.ts'))) {
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
}

if (import.meta.main) await buildClient();
