// What a test is made of: the files it names, those that these name, and so on. While none of them changes, neither does
// what the test says.
import { createHash } from 'node:crypto';
import { dirname, join, normalize } from 'node:path';

export interface Inputs {
  files: ReadonlySet<string>;
  /** Another when one of the files, or what every test depends on, has changed. */
  digest: string;
}

const everywhere = ['package.json', 'package-lock.json', 'vitest.config.ts', 'tsconfig.json'];

export function inputsOf(
  tests: readonly string[],
  sources: ReadonlyMap<string, string>,
): Map<string, Inputs> {
  const arrows = new Map([...sources].map(([file, text]) => [file, namedIn(file, text, sources)]));
  return new Map(tests.map((test) => [test, inputs(test)]));

  function inputs(test: string): Inputs {
    const files = new Set([test]);
    // A set may grow while it is walked: the walk takes in what is added.
    for (const file of files) for (const each of arrows.get(file) ?? []) files.add(each);
    for (const file of everywhere) files.add(file);
    return { files, digest: digestOf([...files].sort().map((file) => [file, sources.get(file)])) };
  }
}

export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** Whether it imports a file, bundles it or starts it: it has its name between quotes. */
function namedIn(file: string, text: string, sources: ReadonlyMap<string, string>): string[] {
  if (!/\.m?ts$|\.mjs$/.test(file)) return [];
  const names = [...text.matchAll(/'([^'\s]+\.\w+)'/g)].map(([, name = '']) => name);
  const found = names.flatMap((name) => [pathOf(name, file), name]);
  return [...found, ...packedBy(file, sources)].filter((name) => sources.has(name));
}

function pathOf(name: string, importer: string): string {
  if (name.startsWith('.')) return normalize(join(dirname(importer), name));
  const path = name.replace(/^#/, '');
  return /^(core|adapters|http)\//.test(path) ? `shared/${path}` : path;
}

const packedBy = (file: string, sources: ReadonlyMap<string, string>): readonly string[] =>
  file === 'infra/bundle.ts'
    ? [...sources.keys()].filter((each) => /^functions\/[\w-]+\.ts$/.test(each))
    : [];
