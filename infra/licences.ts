// Whose code is in the published bundles, and the licences that must be included.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './bundle.ts';

/** `sources` are paths in esbuild's form. Packages with the same licence text share it. */
export async function licences(sources: Iterable<string>): Promise<string> {
  const folders = new Set([...sources].flatMap((path) => packageOf.exec(path)?.[0] ?? []));
  const byText = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(
      await readFile(join(root, folder, 'package.json'), 'utf8'),
    );
    const text = (await textIn(join(root, folder))) || `License: ${license}`;
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(line);
}

const packageOf = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;
const line = `\n${'-'.repeat(80)}\n\n`;

async function textIn(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice)/i.test(name)).sort();
  const texts = names.map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(texts)).map((text) => text.trim()).join('\n\n');
}
