// What others made and judges our own, where it is installed: in this project, or in the folder named by
// BFF_TEST_MODULES (.ci/run puts it there). Tests that need one that is missing are skipped, and their titles say so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#infra/bundle.ts';

/** The package's folder. */
export function judgeFolder(name: string): string | undefined {
  return [root, process.env.BFF_TEST_MODULES ?? '']
    .map((from) => join(from, 'node_modules', name))
    .find((folder) => existsSync(join(folder, 'package.json')));
}

/** What a file of it exports. The types are the caller's: the package need not be there when this compiles. */
export async function judge<T>(name: string, file: string): Promise<T | undefined> {
  const folder = judgeFolder(name);
  return folder === undefined ? undefined : ((await import(join(folder, file))) as T);
}
