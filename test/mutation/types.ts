// What the compiler says of a mutant, in a copy of the tree of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mutant, mutated } from './mutants.ts';
import { copyOf } from './trial.ts';

export async function typesIn(
  root: string,
  files: readonly string[],
): Promise<(mutant: Mutant) => Promise<boolean>> {
  const copy = await copyOf(root, files);
  return async (mutant) => {
    const path = join(copy, mutant.file);
    const source = await readFile(path, 'utf8');
    await writeFile(path, mutated(source, mutant));
    try {
      return (await compiles('.')) && (await compiles('spa')) && (await compiles('test/spa'));
    } finally {
      await writeFile(path, source);
    }
  };

  async function compiles(project: string): Promise<boolean> {
    const tsc = join(copy, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [tsc, '-p', project, '--singleThreaded'];
    const [code] = await once(
      spawn(process.execPath, args, { cwd: copy, stdio: 'ignore' }),
      'exit',
    );
    return code === 0;
  }
}
