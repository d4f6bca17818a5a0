// Whether two folders hold the same, byte for byte.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Name and digest of every file, but for the one where the CDK notes how long it took. */
export async function digestsOf(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const read = files
    .filter((file) => file.isFile() && file.name !== 'performance-counters.json')
    .map(async (file): Promise<[string, string]> => {
      const path = join(file.parentPath, file.name);
      const content = await readFile(path);
      return [path.slice(folder.length), createHash('sha256').update(content).digest('hex')];
    });
  return Object.fromEntries((await Promise.all(read)).sort());
}
