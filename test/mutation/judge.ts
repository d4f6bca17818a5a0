// One mutant on trial, in a copy of the tree: the tests that can see it, nearest first, and then the types.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutant, mutated } from './mutants.ts';

export type Verdict = 'killed by tests' | 'killed by time' | 'killed by types' | 'survived';

export interface Judge {
  judge(mutant: Mutant, tests: readonly string[]): Promise<Verdict>;
  close(): Promise<void>;
}

/** How many tests are asked at a time: the nearest mostly know. */
const steps = [3, 8, 12];
/** What ends in seconds may not take minutes: such a mutant hangs. */
const patienceMs = 240_000;

export async function judgeIn(root: string, files: readonly string[]): Promise<Judge> {
  const copy = await mkdtemp(join(tmpdir(), 'bff-mutation-'));
  for (const file of files) await cp(join(root, file), join(copy, file), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  let running: ChildProcess | undefined;
  return {
    judge: async (mutant, tests) => {
      const path = join(copy, mutant.file);
      const source = await readFile(path, 'utf8');
      await writeFile(path, mutated(source, mutant));
      try {
        return (await tried(tests)) ?? ((await typesPass()) ? 'survived' : 'killed by types');
      } finally {
        await writeFile(path, source);
      }
    },
    close: async () => {
      running?.kill();
      await rm(copy, { recursive: true, force: true });
    },
  };

  async function tried(tests: readonly string[]): Promise<Verdict | undefined> {
    let from = 0;
    for (const size of steps) {
      const some = tests.slice(from, from + size);
      from += size;
      if (some.length === 0) return undefined;
      const passed = await run('vitest', ['run', '--project', 'fast', '--bail', '1', ...some]);
      if (passed !== true) return passed === false ? 'killed by tests' : 'killed by time';
    }
    return undefined;
  }

  async function typesPass(): Promise<boolean> {
    for (const project of ['.', 'spa', 'test/spa']) {
      if (!(await run('tsc', ['-p', project]))) return false;
    }
    return true;
  }

  /** Undefined when it did not end in time. */
  function run(command: string, args: string[]): Promise<boolean | undefined> {
    const child = spawn(process.execPath, ['infra/node24.mjs', command, ...args], {
      cwd: copy,
      stdio: 'ignore',
      env: { ...process.env, CI: 'true' },
    });
    running = child;
    const limit = setTimeout(() => child.kill(), patienceMs);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        clearTimeout(limit);
        resolve(signal === null && code !== 143 ? code === 0 : undefined);
      });
    });
  }
}
