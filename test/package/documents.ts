// The documents in the package: every link leads to a file, and to a heading, that is in the package as well.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

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
      for (const link of linksOf(await readFile(join(folder, file), 'utf8'))) {
        links += 1;
        if (!(await leadsSomewhere(folder, file, link))) dead.push(`${file}: ${link}`);
      }
    }
    expect(dead).toEqual([]);
    expect(links).toBeGreaterThan(200);
  });
}

/** Targets within the package, images among them. What stands in code is no link. */
const linksOf = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```$|`[^`\n]*`/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

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

/** As GitHub and npm name headings. */
const anchorsOf = (text: string): string[] => {
  const seen = new Map<string, number>();
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const name = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}-${before}`;
  });
};
