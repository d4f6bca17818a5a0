// Tests that a document names, as `file` and title: whether they exist.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '#infra/bundle.ts';
import { titlesOf } from './titles.ts';

/** How a cell of a table names a test. */
export const namesTest = /^`test\/[\w./-]+\.ts` \S/;

/** The cells of each row, without the heads of the tables. */
export const rowsOf = (page: string, firstHead: string): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith(`| ${firstHead} |`))
    .map((line) => line.slice(2, -2).split(' | '));

/** The tests in the last cells of a page's tables, several of them separated by `<br>`. */
export const testsIn = (page: string): { file: string; title: string }[] =>
  [...page.matchAll(/`(test\/[^`]+)` (.+?)(?=<br>| \|$)/gm)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));

/** Those that are not in their file under that title. */
export async function missingTests(page: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [file, cited] of Map.groupBy(testsIn(page), (one) => one.file)) {
    const source = await readFile(join(root, file), 'utf8').catch(() => '');
    const titles = new Set(titlesOf(file, source));
    for (const { title } of cited) if (!titles.has(title)) missing.push(`${file}: ${title}`);
  }
  return missing;
}
