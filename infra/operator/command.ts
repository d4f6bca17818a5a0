// One run of the command: read, complete, find, ask, show. The exit code is its result.
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import { type Command, parseCommand } from './arguments.ts';
import { completed, confirmsByYes, type Incomplete } from './consent.ts';
import { drive } from './drive.ts';
import { UsageError } from './flags.ts';
import { commandLine } from './paste.ts';
import { pipedToken } from './proof.ts';
import { nextSteps } from './screen/next-steps.ts';
import { isNone, noneFound } from './screen/none-found.ts';
import { screen } from './screen/screens.ts';
import { coloured, type Paint, plain } from './screen/style.ts';
import { warningOf } from './screen/warnings.ts';
import { findTarget, NoTarget, type Target } from './target.ts';
import type { Terminal } from './terminal.ts';
import { usage } from './usage.ts';
import { version } from './version.ts';

const usual = { program: 'npm run operator --' };

export async function runCommand(
  args: readonly string[],
  given: Omit<Terminal, 'program'> & Partial<Pick<Terminal, 'program'>>,
): Promise<number> {
  const terminal = { ...usual, ...given };
  const json = args.includes('--json');
  try {
    const command = parseCommand(args, await pipedToken(args, terminal));
    if (command === 'help') terminal.out(usage(terminal.program));
    if (command === 'version') terminal.out(`okta-dpop-bff ${version}\n`);
    if (typeof command === 'string') return 0;
    const ready = await completed(command, args, terminal);
    return 'missing' in ready
      ? tellIncomplete(ready, json, terminal)
      : await perform(ready, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      const outcome = { status: 'refused', code: 'usage', message: error.message };
      if (json) terminal.out(asJson(outcome));
      else tellError(`${sentence(error.message)} See ${terminal.program} --help`, terminal);
      return 2;
    }
    if (!(error instanceof NoTarget)) throw error;
    if (json) terminal.out(asJson({ status: 'failed', code: 'no_target', message: error.message }));
    else tellError(error.message, terminal);
    return 1;
  }
}

function tellIncomplete(
  { message, missing, commands }: Incomplete,
  json: boolean,
  terminal: Terminal,
) {
  if (json) {
    terminal.out(asJson({ status: 'refused', code: 'incomplete', message, missing, commands }));
  } else {
    const lines = commands.map((line) => `  ${line}\n`).join('');
    tellError(`${message}. Nothing was changed.\n\n${lines.trimEnd()}`, terminal);
  }
  return 2;
}

async function perform({ event, where, json, wide, yes }: Command, terminal: Terminal) {
  const target = await findTarget(where);
  try {
    if (!json) terminal.err(`${target.name}\n\n`);
    if (wide && !yes && !json && terminal.ask) {
      const would = await target.invoke({ ...event, dryRun: true } as Command['event']);
      if (would.status === 'refused') return show(would, event, target, terminal);
      if (!(await confirmsByYes(terminal.ask, would.message))) {
        terminal.err('Nothing was changed.\n');
        return 1;
      }
    }
    const warning = warningOf(event);
    if (warning && !json) terminal.err(`warning: ${warning}\n`);
    const progress = json ? { show: () => {}, end: () => {} } : progressOn(terminal);
    const outcome = await drive(
      { invoke: target.invoke, onProgress: progress.show, wait: terminal.wait },
      forTarget(event, target),
    );
    progress.end();
    const told = isNone(event, outcome) ? noneFound(event, outcome) : outcome;
    if (!json) return show(told, event, target, terminal);
    terminal.out(asJson(told));
    return exitCode(told);
  } finally {
    target.close();
  }
}

/** The stand-in for KMS knows a new key at once. */
const forTarget = (event: Command['event'], { local }: Target): Command['event'] =>
  local && event.action === 'rotate' ? { settleSeconds: 0, ...event } : event;

/** The result goes to standard output, everything else to standard error. */
function show(
  outcome: OperatorOutcome,
  event: Command['event'],
  { flags }: Target,
  terminal: Terminal,
): number {
  const paint = paintOf(terminal, 'err');
  if (outcome.status === 'done') {
    terminal.out(`${screen(outcome, terminal.now(), paintOf(terminal, 'out'))}\n`);
  } else {
    const style = outcome.status === 'failed' ? 'red' : 'yellow';
    terminal.err(`${paint(style, `${outcome.status}:`)} ${outcome.message}\n`);
  }
  const again = (...args: string[]) => `  ${commandLine(terminal.program, [...args, ...flags])}`;
  const steps = nextSteps(event, outcome, again);
  if (steps.length > 0) terminal.err(`\n${paint('dim', steps.join('\n'))}\n`);
  return exitCode(outcome);
}

function tellError(message: string, terminal: Terminal) {
  terminal.err(`${paintOf(terminal, 'err')('red', 'error:')} ${message}\n`);
}

const sentence = (text: string): string => (text.endsWith('?') ? text : `${text}.`);

const paintOf = ({ colours }: Terminal, stream: 'out' | 'err'): Paint =>
  colours?.[stream] ? coloured : plain;

const asJson = (outcome: object): string => `${JSON.stringify(outcome, null, 2)}\n`;

function exitCode(outcome: OperatorOutcome): number {
  if (outcome.code === 'bad_request') return 2;
  const problems = (outcome as { problems?: string[] }).problems ?? [];
  return outcome.status === 'done' && problems.length === 0 ? 0 : 1;
}

/** One line that changes, or a line for each change. */
function progressOn({ err, interactive }: Terminal) {
  let shown = '';
  return {
    show({ message }: OperatorOutcome) {
      if (message === shown) return;
      err(interactive ? `\r\x1b[K${message}` : `${message}\n`);
      shown = message;
    },
    end() {
      if (interactive && shown) err('\r\x1b[K');
    },
  };
}
