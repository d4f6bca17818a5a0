// The functions' code as the package holds it: what several functions have in common lies in `shared`, once, and
// shared.json says who has it. The construct puts each function together again (infra/aws/functions/code.ts).
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of the files in `shared`, by function. */
export type Shared = Record<string, string[]>;

/** `folder` holds a folder for each function, and nothing else. */
export async function shareEqualFiles(folder: string): Promise<void> {
  const functions = (await readdir(folder)).sort();
  const shared: Shared = Object.fromEntries(functions.map((name) => [name, []]));
  const owners = new Map<string, string[]>();
  for (const name of functions) {
    for (const file of await readdir(join(folder, name))) {
      owners.set(file, [...(owners.get(file) ?? []), name]);
    }
  }
  await mkdir(join(folder, 'shared'));
  for (const [file, names] of owners) {
    const texts = await Promise.all(
      names.map((name) => readFile(join(folder, name, file), 'utf8')),
    );
    if (names.length === 1 || new Set(texts).size > 1) continue;
    await writeFile(join(folder, 'shared', file), texts[0] as string);
    for (const name of names) {
      await rm(join(folder, name, file));
      shared[name]?.push(file);
    }
  }
  await writeFile(join(folder, 'shared.json'), `${JSON.stringify(shared, null, 2)}\n`);
}
