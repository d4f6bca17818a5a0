// Installs and builds examples ahead of the tests that use them.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';

/** For the tools that build and serve. Vitest sets NODE_ENV, which they obey. */
export const toolsEnv = {
  ...process.env,
  NODE_ENV: 'production',
  ASTRO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
};

/** The folder of each example, in their order. Two at a time: one computes while the other waits for the registry. */
export function buildAll(names: string[], packed: Promise<string>) {
  const folders = new Map<string, Promise<string>>();
  const lanes: Promise<unknown>[] = [packed, packed];
  names.forEach((name, index) => {
    const lane = index % lanes.length;
    const folder = Promise.resolve(lanes[lane]).then(async () => built(name, await packed));
    folders.set(name, folder);
    // Each failure belongs to the test that waits for the folder.
    lanes[lane] = folder.catch(() => {});
  });
  return {
    folderOf: (name: string) => folders.get(name) ?? Promise.reject(new Error(`no ${name}`)),
    async [Symbol.asyncDispose]() {
      for (const folder of await Promise.allSettled(folders.values())) {
        if (folder.status === 'fulfilled') await rm(folder.value, { recursive: true, force: true });
      }
    },
  };
}

/** Outside the repository: nothing is found there by chance. */
async function built(name: string, packed: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `example-${name}-`));
  await cp(join(root, 'examples', name), folder, {
    recursive: true,
    filter: (path) =>
      !/[\\/](node_modules|build|dist|\.(angular|astro|next|nuxt|output|svelte-kit))$/.test(path),
  });
  const npm = (...args: string[]) => run('npm', args, { cwd: folder, env: toolsEnv });
  const quick = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await npm('install', packed, '--include=dev', ...quick);
  await npm('run', 'build');
  return folder;
}

const run = promisify(execFile);
