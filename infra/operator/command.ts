// One run of the command: read, find, ask, show. The exit code is its result.
import type { Outcome } from '#core/keys/outcome.ts';
import { type Command, parseCommand, UsageError } from './arguments.ts';
import { drive } from './drive.ts';
import { screen } from './screens.ts';
import { findTarget, NoTarget, type Target } from './target.ts';
import { usage } from './usage.ts';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Progress may be written over itself. */
  interactive: boolean;
  now(): number;
  wait(ms: number): Promise<void>;
}

export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
  let command: Command | 'help';
  try {
    command = parseCommand(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`error: ${error.message}; see npm run operator -- --help\n`);
    return 2;
  }
  if (command === 'help') {
    terminal.out(usage);
    return 0;
  }
  try {
    return await perform(command, terminal);
  } catch (error) {
    if (!(error instanceof NoTarget)) throw error;
    if (command.json) {
      terminal.out(asJson({ status: 'failed', code: 'no_target', message: error.message }));
    } else {
      terminal.err(`error: ${error.message}\n`);
    }
    return 1;
  }
}

async function perform({ event, where, json }: Command, terminal: Terminal): Promise<number> {
  const target = await findTarget(where);
  try {
    if (!json) terminal.err(`${target.name}\n\n`);
    const progress = json ? { show: () => {}, end: () => {} } : progressOn(terminal);
    const outcome = await drive(
      { invoke: target.invoke, onProgress: progress.show, wait: terminal.wait },
      forTarget(event, target),
    );
    progress.end();
    show(outcome, json, terminal);
    return exitCode(outcome);
  } finally {
    target.close();
  }
}

/** The stand-in of KMS knows a new key at once. */
const forTarget = (event: Command['event'], { local }: Target): Command['event'] =>
  local && event.action === 'rotate' ? { settleSeconds: 0, ...event } : event;

function show(outcome: Outcome, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(asJson(outcome));
  } else if (outcome.status === 'done') {
    terminal.out(`${screen(outcome, terminal.now())}\n`);
  } else {
    terminal.err(`${outcome.status}: ${outcome.message}\n`);
  }
}

const asJson = (outcome: object): string => `${JSON.stringify(outcome, null, 2)}\n`;

function exitCode(outcome: Outcome): number {
  if (outcome.code === 'bad_request') return 2;
  const problems = (outcome as { problems?: string[] }).problems ?? [];
  return outcome.status === 'done' && problems.length === 0 ? 0 : 1;
}

/** One line that changes, or a line for each change. */
function progressOn({ err, interactive }: Terminal) {
  let shown = '';
  return {
    show({ message }: Outcome) {
      if (message === shown) return;
      err(interactive ? `\r\x1b[K${message}` : `${message}\n`);
      shown = message;
    },
    end() {
      if (interactive && shown) err('\r\x1b[K');
    },
  };
}
