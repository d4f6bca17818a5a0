// An empty application with the package installed into it, as npm would from the registry.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';

const run = promisify(execFile);
const shell = process.platform === 'win32';
const dist = join(root, 'dist');

/** By default it lies inside the repository, so that Vite and the frameworks are found without another install. */
export async function packedApp(files: Record<string, string>, parent = dist) {
  await mkdir(dist, { recursive: true });
  const folder = await mkdtemp(join(parent, 'app-'));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await write('package.json', '{ "name": "app", "private": true, "type": "module" }');
  for (const [path, text] of Object.entries(files)) await write(path, text);
  const install = ['install', await tarball(), '--offline', '--ignore-scripts'];
  await run('npm', [...install, '--no-audit', '--no-fund'], { cwd: folder, shell });
  return {
    folder,
    run: (module: string, ...args: string[]) =>
      run(process.execPath, [join(root, 'node_modules', module), ...args], { cwd: folder }).catch(
        (error) => Promise.reject(new Error(`${error.message}\n${error.stdout}`)),
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

let packing: Promise<string> | undefined;

/** Built and packed once for all applications of a test file. */
export function tarball(): Promise<string> {
  packing ??= pack();
  return packing;
}

async function pack(): Promise<string> {
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', dist], {
    cwd: root,
    shell,
  });
  return join(dist, packed.stdout.trim().split('\n').at(-1) ?? '');
}
