// A server in a process of its own: started, waited for, and ended by its own process id.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess {
  stop(): Promise<void>;
}

/** Less than a hook of these tests waits. */
const startMs = 240_000;

/** Resolves when `isReady` finds its line. Rejects with what the server printed when it ends before that, or takes too long. */
export async function startProcess(
  command: string,
  args: string[],
  env: Record<string, string>,
  isReady: (printed: string) => boolean,
): Promise<ServerProcess> {
  // A group of its own: a script may start the server as a child.
  const child = spawn(command, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} did not start`);
  let printed = '';
  const ended = once(child, 'close');
  const end = (signal: 'SIGTERM' | 'SIGKILL') => {
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended.
    }
  };
  // Whatever happens to this process, no server outlives it.
  const atExit = () => end('SIGKILL');
  process.once('exit', atExit);
  const ready = new Promise<void>((resolve, reject) => {
    const late = () => reject(new Error(`is not ready yet:\n${printed}`));
    const patience = setTimeout(late, startMs);
    ended
      .then(() => reject(new Error(`ended before it was ready:\n${printed}`)), reject)
      .finally(() => clearTimeout(patience));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed += chunk;
        if (!isReady(printed)) return;
        clearTimeout(patience);
        resolve();
      });
    }
  });
  await ready.catch((fault: unknown) => {
    end('SIGKILL');
    throw fault;
  });
  return {
    async stop() {
      end('SIGTERM');
      const patience = setTimeout(() => end('SIGKILL'), 15_000);
      await ended;
      clearTimeout(patience);
      process.off('exit', atExit);
    },
  };
}

/** Memory that is bounded, and a start that is quick rather than code that is fast. */
export const javaOptions = '-Xms64m -Xmx512m -XX:TieredStopAtLevel=1';
