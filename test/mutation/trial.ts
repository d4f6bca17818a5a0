// A copy of the tree with a sample of mutants in it, and one process with Vitest that runs tests there. Every run has a
// worker of its own, so no module that one mutant has touched is there for the next.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Switch, switchFile } from './switch.ts';

export interface Failure {
  test: string;
  message: string;
}

export type Outcome = { kind: 'passed' } | { kind: 'hung' } | ({ kind: 'failed' } & Failure);

export interface Trial {
  /** Runs the files one after another until a test fails. */
  run(set: Switch, tests: readonly string[], limitMs: number): Promise<Outcome>;
  folder: string;
  close(): void;
}

/** It is gone when this process ends. */
export async function copyOf(root: string, files: readonly string[]): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'bff-mutation-'));
  for (const file of files) await cp(join(root, file), join(copy, file), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }));
  return copy;
}

export async function startTrial(
  root: string,
  files: readonly string[],
  switchedIn: (folder: string) => ReadonlyMap<string, string>,
): Promise<Trial> {
  const folder = await copyOf(root, files);
  for (const [file, source] of switchedIn(folder)) await writeFile(join(folder, file), source);
  let running: ChildProcess | undefined = await started(folder);
  const kill = () => {
    // The worker may be in a loop that hears nothing: the whole group ends.
    if (running?.pid) process.kill(-running.pid, 'SIGKILL');
    running = undefined;
  };
  process.prependListener('exit', kill);
  return {
    folder,
    run: async (set, tests, limitMs) => {
      await writeFile(join(folder, switchFile), JSON.stringify(set));
      running ??= await started(folder);
      const { promise: late, resolve } = Promise.withResolvers<Outcome>();
      const limit = setTimeout(() => {
        kill();
        resolve({ kind: 'hung' });
      }, limitMs);
      try {
        return await Promise.race([late, answerOf(running, tests)]);
      } finally {
        clearTimeout(limit);
      }
    },
    close: kill,
  };
}

async function started(folder: string): Promise<ChildProcess> {
  const program = join(dirname(import.meta.filename), 'vitest-process.ts');
  const child = fork(program, [folder], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // The command line of Vitest sets NODE_ENV; Vite alone would say `development`.
    env: { ...process.env, CI: 'true', NODE_ENV: 'test' },
  });
  await once(child, 'message');
  return child;
}

function answerOf(child: ChildProcess, tests: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the process with the tests has ended'));
    child.once('exit', ended);
    child.once('message', (outcome: Outcome) => {
      child.off('exit', ended);
      resolve(outcome);
    });
    child.send(tests);
  });
}
