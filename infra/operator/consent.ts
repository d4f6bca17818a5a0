// What must be given before something changes: the reason, the system, and a "yes" when people who were not named are
// affected. On a terminal it asks; a script is told what to write.
import type { Command, Lack } from './arguments.ts';
import { commandLine, isGap, reasonGap } from './paste.ts';
import { withoutToken } from './proof.ts';
import { localRuns } from './target.ts';
import type { Terminal } from './terminal.ts';
import { flagsOf, usualLocalUrl, usualStack, type Where } from './where.ts';

export interface Incomplete {
  message: string;
  missing: Lack[];
  /** Ready to paste. */
  commands: string[];
}

/** Returns the completed command, or what it lacks. `confirmsByYes` asks later whether a wide command is intended. */
export async function completed(
  command: Command,
  args: readonly string[],
  { ask, program }: Pick<Terminal, 'ask' | 'program'>,
): Promise<Command | Incomplete> {
  if (command.lacks.length === 0) return command;
  if (!ask || command.json) return incomplete(command, args, program);
  const { lacks } = command;
  const where = lacks.includes('target') ? await whichSystem(ask) : command.where;
  if (!where) return incomplete({ ...command, lacks: ['target'] }, args, program);
  const reason = lacks.includes('reason')
    ? (await ask('Why? It is kept in the audit event: ')).trim()
    : undefined;
  if (reason === '') return incomplete({ ...command, lacks: ['reason'] }, args, program);
  const event = reason === undefined ? command.event : { ...command.event, reason };
  return { ...command, where, event, lacks: [] };
}

/** On a terminal, the effect of a wide command is shown before it runs. */
export async function confirmsByYes(
  ask: NonNullable<Terminal['ask']>,
  wouldDo: string,
): Promise<boolean> {
  return isYes(await ask(`${wouldDo.replace(/ Nothing was changed\.$/, '')}\nDo it? [y/N] `));
}

async function whichSystem(ask: NonNullable<Terminal['ask']>): Promise<Where | undefined> {
  const stack: Where = { kind: 'stack', stack: usualStack };
  if (!(await localRuns())) {
    const answer = await ask(`Do you mean the stack ${usualStack} in AWS? [y/N] `);
    return isYes(answer) ? stack : undefined;
  }
  const answer = await ask(
    `Which system?\n  1  the local one at ${usualLocalUrl}\n  2  the stack ${usualStack} in AWS\n[1/2] `,
  );
  if (answer.trim() === '1') return { kind: 'local', url: usualLocalUrl };
  return answer.trim() === '2' ? stack : undefined;
}

/** The gap stands there already. */
const fillsNothing = (arg: string): boolean => isGap(arg.replace(/^--reason=/, ''));

const isYes = (answer: string): boolean => /^\s*y(es)?\s*$/i.test(answer);

function incomplete(
  { name, wide, lacks }: Command,
  args: readonly string[],
  program: string,
): Incomplete {
  const asked = {
    reason: '--reason <text> (why: it is kept in the audit event)',
    target: '--local or --stack <name> (which system)',
    yes: `--yes (it ends ${wide})`,
  };
  const more = [
    ...(lacks.includes('reason') && !args.some(fillsNothing) ? ['--reason', reasonGap] : []),
    ...(lacks.includes('yes') ? ['--yes'] : []),
  ];
  const targets: Where[] = [
    { kind: 'local', url: usualLocalUrl },
    { kind: 'stack', stack: usualStack },
  ];
  const systems = lacks.includes('target') ? targets.map(flagsOf) : [[]];
  return {
    message: `${name} needs ${lacks.map((lack) => asked[lack]).join(' and ')}`,
    missing: lacks,
    commands: systems.map((flags) =>
      commandLine(program, [...withoutToken(args), ...more, ...flags]),
    ),
  };
}
