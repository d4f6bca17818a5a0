// Packages of PyPI in a Python environment of their own under .venv/ (which git ignores), installed the first time.
import { execFile } from 'node:child_process';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';

const run = promisify(execFile);

export interface Python {
  python: string;
  /** Why there is none here, if so. */
  ready(): Promise<string | undefined>;
}

export function pythonWith(name: string, packages: readonly string[]): Python {
  const home = join(root, '.venv', name);
  const python = join(home, 'bin', 'python');
  const mark = join(home, 'ready');
  return {
    python,
    async ready() {
      if (await exists(mark)) return undefined;
      try {
        await run('python3', ['--version']);
      } catch {
        return 'there is no python3';
      }
      try {
        await rm(home, { recursive: true, force: true });
        await run('python3', ['-m', 'venv', home]);
        await run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
        await run(python, ['-c', `open(${JSON.stringify(mark)}, 'w')`]);
        return undefined;
      } catch (error) {
        const { stderr, message } = error as { stderr?: string; message: string };
        return `${name} cannot be installed: ${(stderr || message).trim().split('\n').at(-1)}`;
      }
    },
  };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
