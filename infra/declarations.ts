// Declarations that compile in other apps: only the files that the entry imports, with relative paths instead of our
// `#` imports, and without anything that the app would have to install.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { root } from './bundle.ts';

/** `entry` and the results are paths from the repository's root, with slashes. */
export async function declarations(
  entry: string,
  outDir: string,
  libraries: readonly string[],
): Promise<void> {
  const all = await mkdtemp(join(tmpdir(), 'okta-dpop-bff-types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const project = join(root, dirname(entry), 'tsconfig.published.json');
    await promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', all]);
    await carry(entry, new Set());
  } finally {
    await rm(all, { recursive: true, force: true });
  }

  async function carry(source: string, carried: Set<string>): Promise<void> {
    if (carried.has(source)) return;
    carried.add(source);
    const text = await readFile(join(all, named(source, '.d.ts')), 'utf8');
    const needed: string[] = [];
    const own = text.replace(specifiers, (whole, before, specifier) => {
      const target = targetOf(specifier, source);
      if (target === undefined) return whole;
      needed.push(target);
      const path = posix.relative(posix.dirname(source), named(target, '.js'));
      return `${before}${path.startsWith('.') ? path : `./${path}`}`;
    });
    const file = join(outDir, named(source, '.d.ts'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, own);
    for (const target of needed) await carry(target, carried);
  }

  function targetOf(specifier: string, source: string): string | undefined {
    if (specifier.startsWith('.')) return posix.join(posix.dirname(source), specifier);
    if (specifier.startsWith('#')) return import.meta.resolve(specifier).slice(rootUrl.length);
    if (libraries.includes(specifier.split('/')[0] ?? '')) return undefined;
    throw new Error(`the declaration of ${source} would need ${specifier}`);
  }
}

/** `from '…'` and `import("…")`, up to the closing quote. */
const specifiers = /(\b(?:from |import |import\()['"])([^'"\n]+)(?=['"])/g;

const rootUrl = new URL('../', import.meta.url).href;

const named = (source: string, extension: string) => source.replace(/\.ts$/, extension);
