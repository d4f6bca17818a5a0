// `npm run operator`: keys and sessions, of the deployed broker or the one on this machine.
import { setTimeout as wait } from 'node:timers/promises';
import { runCommand } from './command.ts';

process.once('SIGINT', () => {
  process.stderr.write(
    '\nStopped asking. What is under way stays as it is: status shows it, the same command goes on.\n',
  );
  process.exit(130);
});

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  interactive: Boolean(process.stderr.isTTY),
  now: Date.now,
  wait: (ms) => wait(ms),
});
