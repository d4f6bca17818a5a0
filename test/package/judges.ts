// Libraries of other people that the documents show beside the client. They are in the folder of BFF_TEST_MODULES, where
// .ci/run puts them, and not among our own dependencies.
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { judgeFolder } from '#test/support/judges.ts';

export const judges = [
  '@playwright/test',
  '@tanstack/react-query',
  'axios',
  'ky',
  'msw',
  'openapi-fetch',
  'react-router',
  'svelte',
  'swr',
];

const missing = judges.filter((name) => !judgeFolder(name));

/** Those that `code` imports and that are not here. */
export const missingIn = (code: string): string[] =>
  missing.filter((name) => new RegExp(`from '${name}(/[^']*)?'`).test(code));

/** Puts those that are here into the modules of an app. */
export async function linkJudges(app: string): Promise<void> {
  for (const name of judges) {
    const folder = judgeFolder(name);
    if (!folder) continue;
    const link = join(app, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(folder, link, 'dir');
  }
}
