// Whether the package is as a registry, bundlers and TypeScript want it, judged by publint and "Are the types wrong?".
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'vitest';
import { judgeFolder } from '#test/support/judges.ts';
import { tarball } from './packed.ts';

const run = promisify(execFile);

const judges = [
  { name: 'publint', file: 'src/cli.js', options: ['--strict'] },
  // The package has ES modules only: what would `require` it from an old TypeScript is not asked.
  {
    name: '@arethetypeswrong/cli',
    file: 'dist/index.js',
    options: ['--profile', 'esm-only', '--no-color', '--no-emoji'],
  },
];

export function registry() {
  for (const { name, file, options } of judges) {
    const folder = judgeFolder(name);
    const title = folder
      ? `${name} finds nothing wrong`
      : `${name}: not installed (npm i --no-save ${name})`;
    test.skipIf(!folder)(title, async () => {
      const said = (fault: { stdout: string; stderr: string }) =>
        Promise.reject(new Error(fault.stdout + fault.stderr));
      const program = join(folder ?? '', file);
      await run(process.execPath, [program, await tarball(), ...options]).catch(said);
    });
  }
}
