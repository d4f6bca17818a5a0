// What `npm ci` installs is what was locked: each package has the hash of its content, whatever registry it comes from.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';

interface Entry {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  /** It lies in the archive of the package that it is in, whose hash covers it. */
  inBundle?: boolean;
}

const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const lock = read('package-lock.json') as { packages: Record<string, Entry> };
const paths = Object.keys(lock.packages);

/** Folders of this repository: they come from no registry. */
const ours = ['', 'infra/node24', 'node_modules/node24'];

function covered(path: string): boolean {
  const { integrity, inBundle } = lock.packages[path] ?? {};
  const archive = path.slice(0, path.lastIndexOf('/node_modules/'));
  return inBundle ? covered(archive) : (integrity?.startsWith('sha512-') ?? false);
}

test('each package has the hash of its content, or lies in the archive of one that has', () => {
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !covered(path))).toEqual(ours);
});

test('no package is tied to a registry', () => {
  for (const [path, { resolved, link }] of Object.entries(lock.packages)) {
    expect(resolved, path).toBe(link ? 'infra/node24' : undefined);
  }
});

test('Node for no platform is older than the last release of Node 24 for Intel Macs', () => {
  const { optionalDependencies } = read('infra/node24/package.json') as {
    optionalDependencies: Record<string, string>;
  };
  const wanted = Object.entries(optionalDependencies);
  expect(wanted.map(([name]) => name).join()).toMatch(/darwin-arm64.*linux-arm64.*linux-x64/);
  for (const [name, version] of wanted) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    expect(major > 24 || (major === 24 && minor >= 18), `${name} ${version}`).toBe(true);
  }
});
