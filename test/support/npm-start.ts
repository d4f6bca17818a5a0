// `npm start` as a child process, without npm: the launcher and below it the system.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { root } from '#infra/bundle.ts';
import { sharedBundles } from '#infra/local/run/bundles.ts';

export interface Run {
  /** The launcher; it leads a process group of its own. */
  pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves with the URL of the ready line; rejects when it ends before that. */
  ready: Promise<string>;
  exited: Promise<{ code: number | null; signal: string | null }>;
}

export function npmStart(args: string[], env: Record<string, string> = {}): Run {
  const child = spawn(
    process.execPath,
    ['infra/node24.mjs', 'node', 'infra/local/run/main.ts', ...args],
    {
      cwd: root,
      detached: true,
      env: {
        PATH: process.env.PATH ?? '',
        [sharedBundles]: process.env[sharedBundles] ?? '',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('the command did not start');
  let stdout = '';
  let stderr = '';
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      const url = /^ready (\S+)$/m.exec(stdout)?.[1];
      if (url) resolve(url);
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    void exited.then(() => reject(new Error(`ended before it was ready: ${stderr}`)));
  });
  ready.catch(() => {});
  onTestFinished(async () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {}
    await exited;
  });
  return { pid, stdout: () => stdout, stderr: () => stderr, ready, exited };
}

/** On ports that nobody else has. */
export const freely = ['--port', '0', '--okta-port', '0', '--lambda-port', '0'];

/** Whether somebody listens there. */
export async function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
