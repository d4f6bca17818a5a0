// `npx okta-dpop-bff migrate src`: shows what it would change, and changes it only with --write.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unifiedDiff } from './diff.ts';
import { frameworkOf, oktaPackages } from './imports.ts';
import { migrate } from './migrate.ts';
import type { Framework } from './rules.ts';
import { tooOld } from './versions.ts';

export const usage = (program: string) => `${program} <folder> [options]

Replaces okta-auth-js, okta-react, okta-angular and okta-vue with the broker's client, as far as that is mechanical, and
lists what is left. Without --write it only shows the diff.

  --write   change the files; commit first
  --help    this text

docs/migrate-from-okta-auth-js.md describes the whole migration. Exit code: 0 when nothing is left to do by hand, 1 when
something is, 2 when the command is wrong.
`;

export async function runMigrate(args: string[], program: string): Promise<number> {
  const fail = (why: string) => {
    process.stderr.write(`error: ${why}; see ${program} --help\n`);
    return 2;
  };
  let given: ReturnType<typeof read>;
  try {
    given = read(args);
  } catch (error) {
    return fail(String((error as Error).message.split('. ', 1)[0]));
  }
  const { values, positionals } = given;
  if (values.help) {
    process.stdout.write(usage(program));
    return 0;
  }
  const [folder, ...more] = positionals;
  if (!folder || more.length > 0) return fail('name one folder');
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return fail(`${folder} is not a folder`);
  return migrateFolder(folder, values.write ?? false);
}

const read = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: { write: { type: 'boolean' }, help: { type: 'boolean' } },
  });

async function migrateFolder(folder: string, write: boolean): Promise<number> {
  const files = await Promise.all(
    (await sourcesIn(folder)).map(async (path) => ({ path, source: await readFile(path, 'utf8') })),
  );
  const framework = frameworkOfAll(files.map(({ source }) => source));
  const old = await tooOld(folder, framework);
  const told = old ? [old] : [];
  let changed = 0;
  for (const { path, source } of files) {
    const done = migrate(path, source, framework);
    if (!done) continue;
    if (done.text !== source) {
      changed++;
      process.stdout.write(unifiedDiff(path, source, done.text));
      if (write) await writeFile(path, done.text);
    }
    told.push(
      ...done.leftovers.map(({ line, code, todo }) => `${path}:${line}: ${todo}\n    ${code}`),
    );
  }
  const did = write ? 'changed' : 'to change (nothing was written: add --write)';
  const rest =
    told.length > 0
      ? `Left for you (the line numbers are those after the change):\n${told.join('\n')}\n`
      : '';
  process.stdout.write(`\n${changed} file${changed === 1 ? '' : 's'} ${did}\n${rest}${next}`);
  return told.length > 0 ? 1 : 0;
}

const next = `Then: npm uninstall ${oktaPackages.join(' ')}, move the app's OIDC settings to the broker (issuer, client ID, scopes), and add its routes.\n`;

function frameworkOfAll(sources: string[]): Framework {
  const found = sources.map(frameworkOf).filter((one) => one !== undefined);
  return found.find((one) => one !== 'client') ?? 'client';
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourcesIn(path);
      return entry.isFile() && /\.(?:[cm]?[jt]sx?|vue|html)$/.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat().sort();
}

const skipped = new Set(['node_modules', 'dist', 'build', '.git', '.angular', '.next']);
