// An empty application with the packed client installed into it, as npm would from the registry.
// It lies inside the repository, so that Vite and the frameworks are found without another install.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export async function packedApp(files: Record<string, string>) {
  const dist = join(root, 'dist');
  await mkdir(dist, { recursive: true });
  const folder = await mkdtemp(join(dist, 'app-'));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await write('package.json', '{ "name": "app", "private": true, "type": "module" }');
  for (const [path, text] of Object.entries(files)) await write(path, text);
  const npm = (...args: string[]) =>
    run('npm', args, { cwd: folder, shell: process.platform === 'win32' });
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    shell: process.platform === 'win32',
  });
  const tarball = packed.stdout.trim().split('\n').at(-1) ?? '';
  await npm('install', `./${tarball}`, '--offline', '--ignore-scripts', '--no-audit', '--no-fund');
  return {
    folder,
    run: (module: string, ...args: string[]) =>
      run(process.execPath, [join(root, 'node_modules', module), ...args], { cwd: folder }).catch(
        (error) => Promise.reject(new Error(`${error.message}\n${error.stdout}`)),
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
