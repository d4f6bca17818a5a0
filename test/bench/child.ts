// Parts of the benchmark run as processes of their own, so that the CPU of one is not counted for another.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface Child {
  /** Sends a question and waits for its answer. */
  ask<T>(question: unknown): Promise<T>;
  stop(): void;
}

/** Starts `test/bench/<name>.ts`; it answers its first message when it serves. */
export async function child<T>(name: string, options: unknown): Promise<Child & { ready: T }> {
  const process: ChildProcess = fork(join(import.meta.dirname, `${name}.ts`), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  // Lambda reads what a function writes: a log line costs its writing here, too.
  process.stdout?.resume();
  const ask = <A>(question: unknown) =>
    new Promise<A>((resolve, reject) => {
      const gone = (code: number | null) => reject(new Error(`${name} ended with ${code}`));
      process.once('exit', gone);
      process.once('message', (answer: { failed?: string; value: A }) => {
        process.off('exit', gone);
        if (answer.failed) reject(new Error(`${name}: ${answer.failed}`));
        else resolve(answer.value);
      });
      process.send(question as object);
    });
  return { ready: await ask<T>(options), ask, stop: () => process.kill() };
}

/** The child's side: `serve` gets the first message, what it returns answers all others. */
export function serve<O>(
  start: (options: O) => Promise<{ ready: unknown; answer: (question: never) => Promise<unknown> }>,
): void {
  let answer: ((question: never) => Promise<unknown>) | undefined;
  process.on('message', (message) => {
    const work = answer
      ? answer(message as never)
      : start(message as O).then((started) => {
          answer = started.answer;
          return started.ready;
        });
    work.then(
      (value) => process.send?.({ value }),
      (fault: Error) => process.send?.({ failed: fault.message }),
    );
  });
}
