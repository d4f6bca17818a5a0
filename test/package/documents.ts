// The documents in the package: every link leads to a file, and to a heading, that is in the package as well.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, linksIn } from '#test/support/markdown.ts';

export function documents(packageFolder: () => string) {
  test('each link of each document leads to something in the package', async () => {
    const folder = packageFolder();
    const files = (await readdir(folder, { recursive: true })).filter((file) =>
      file.endsWith('.md'),
    );
    expect(files).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'SECURITY.md']));
    const dead: string[] = [];
    let links = 0;
    for (const file of files) {
      for (const link of linksIn(await readFile(join(folder, file), 'utf8'))) {
        links += 1;
        if (!(await leadsSomewhere(folder, file, link))) dead.push(`${file}: ${link}`);
      }
    }
    expect(dead).toEqual([]);
    expect(links).toBeGreaterThan(200);
  });
}

async function leadsSomewhere(folder: string, from: string, link: string): Promise<boolean> {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), path));
  const there = await stat(join(folder, target)).catch(() => undefined);
  if (target.startsWith('..') || !there) return false;
  return (
    anchor === undefined ||
    (there.isFile() && anchorsOf(await readFile(join(folder, target), 'utf8')).includes(anchor))
  );
}
