// Which tests can see a file: those that import it, nearest first. A bundle holds the functions, as an import would.
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

export interface Graph {
  importers: ReadonlyMap<string, readonly string[]>;
  imports: ReadonlyMap<string, readonly string[]>;
}

export async function graphOf(root: string, files: readonly string[]): Promise<Graph> {
  const importers = new Map<string, string[]>();
  const imports = new Map<string, string[]>();
  const known = new Set(files);
  for (const file of files.filter((each) => each.endsWith('.ts'))) {
    const source = await readFile(join(root, file), 'utf8');
    const named = [...source.matchAll(/(?:from|import)\s*\(?\s*'([#.][^']+)'/g)]
      .map(([, name = '']) => fileOf(name, file))
      .filter((name) => known.has(name));
    const imported = [...named, ...packedBy(file, files)];
    imports.set(file, imported);
    for (const each of imported) {
      importers.set(each, [...(importers.get(each) ?? []), file]);
    }
  }
  return { importers, imports };
}

function fileOf(name: string, importer: string): string {
  if (name.startsWith('.')) return normalize(join(dirname(importer), name));
  const path = name.slice(1);
  return path.startsWith('core/') || path.startsWith('adapters/') || path.startsWith('http/')
    ? `shared/${path}`
    : path;
}

const packedBy = (file: string, files: readonly string[]): readonly string[] =>
  file === 'infra/bundle.ts' ? files.filter((each) => /^functions\/[\w-]+\.ts$/.test(each)) : [];

/** The nearest first: those that import the file, then those that import one of these, and so on; of equally near ones, the smallest. */
export function testsOf(file: string, { importers, imports }: Graph): string[] {
  const rings = ringsFrom(file, importers);
  return rings.flatMap((ring) =>
    ring
      .filter(isTest)
      .map((test) => ({ test, size: ringsFrom(test, imports).flat().length }))
      .sort((a, b) => a.size - b.size)
      .map(({ test }) => test),
  );
}

function ringsFrom(file: string, arrows: Graph['imports']): string[][] {
  const seen = new Set([file]);
  const rings: string[][] = [];
  for (let ring = [file]; ring.length > 0; rings.push(ring)) {
    ring = [...new Set(ring.flatMap((each) => arrows.get(each) ?? []))].filter(
      (each) => !seen.has(each),
    );
    for (const each of ring) seen.add(each);
  }
  return rings;
}

const isTest = (file: string) =>
  file.endsWith('.test.ts') &&
  !/^test\/(e2e|deploy|examples|peers|docs|package|mutation)\//.test(file);
