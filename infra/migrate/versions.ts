// Whether the app's framework is new enough for the client's adapter.
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Framework } from './rules.ts';

/** As the peerDependencies of this package say. */
export const oldest: Partial<Record<Framework, [name: string, version: string]>> = {
  react: ['react', '18'],
  angular: ['@angular/core', '19'],
  vue: ['vue', '3.3'],
};

/** What to update before anything else, by the package.json of the app. */
export async function tooOld(folder: string, framework: Framework): Promise<string | undefined> {
  const [name, needed] = oldest[framework] ?? [];
  if (!name || !needed) return undefined;
  const { dependencies, devDependencies } = await manifestAbove(resolve(folder));
  const range = dependencies?.[name] ?? devDependencies?.[name];
  const found = /\d+(\.\d+)?/.exec(range ?? '')?.[0];
  if (!found || isAtLeast(found, needed)) return undefined;
  return `update ${name} to ${needed} or later first: package.json says ${range}`;
}

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

async function manifestAbove(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text !== undefined) return JSON.parse(text);
  const above = dirname(folder);
  return above === folder ? {} : manifestAbove(above);
}

function isAtLeast(found: string, needed: string): boolean {
  const [major = 0, minor = 0] = found.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = needed.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
