// The command in a process: its streams, the person at the terminal, and Ctrl-C.
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { runCommand } from './command.ts';
import { hasColour } from './screen/style.ts';

export function runOperator(args: readonly string[], program: string): Promise<number> {
  let asking = false;
  const stop = () => {
    process.stderr.write(
      asking
        ? '\nNothing was changed.\n'
        : '\nStopped asking. What is under way stays as it is: status shows it, and the same command continues it.\n',
    );
    process.exit(130);
  };
  process.once('SIGINT', stop);
  const ask = (question: string) =>
    new Promise<string>((resolve) => {
      asking = true;
      const { stdin: input, stderr: output } = process;
      const lines = createInterface({ input, output });
      lines.once('SIGINT', stop);
      // Ctrl-D gives no answer.
      lines.once('close', () => {
        if (asking) output.write('\n');
        asking = false;
        resolve('');
      });
      lines.question(question, (answer) => {
        resolve(answer);
        asking = false;
        lines.close();
      });
    });
  return runCommand(args, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: Boolean(process.stderr.isTTY),
    ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
    read: () => text(process.stdin),
    colours: { out: hasColour(process.stdout), err: hasColour(process.stderr) },
    program,
    now: Date.now,
    wait: (ms) => wait(ms),
  });
}
