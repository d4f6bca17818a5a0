// The person at the terminal, and how they stop.
import { createInterface } from 'node:readline/promises';

export interface Person {
  /** Aborted when the person wants to stop. */
  signal: AbortSignal;
  /** Asks for something to be done elsewhere, and waits for Enter. */
  ask(what: string): Promise<void>;
}

/**
 * The first Ctrl-C ends what runs, so that everything is destroyed; children get it, too. The second one ends that.
 */
export function person(): Person {
  const stopped = new AbortController();
  const stop = () => {
    if (stopped.signal.aborted) process.exit(130);
    console.log('\nStopped. Everything is destroyed now; Ctrl-C again leaves it as it is.');
    stopped.abort(new Error('stopped'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);

  /** The terminal is ours only while we ask: the CDK may have to ask for an MFA code. */
  async function ask(what: string): Promise<void> {
    stopped.signal.throwIfAborted();
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    lines.on('SIGINT', stop);
    // Ctrl-D. Without an answer the program would just end, and leave everything.
    const closed = new Promise<never>((_, reject) => {
      lines.on('close', () => reject(new Error('nobody answers')));
    });
    closed.catch(() => undefined);
    try {
      const question = `\n>> ${what}\n>> Then press Enter. `;
      await Promise.race([lines.question(question, { signal: stopped.signal }), closed]);
    } finally {
      lines.close();
    }
  }

  return { signal: stopped.signal, ask };
}
