// The operator's command, run in this process against a local system: by a script, or by somebody at a terminal.
import { runCommand } from '#infra/operator/command.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
  /** What was asked, where there was a terminal. */
  asked: string[];
}

/** `answers`: what somebody types, one for each question; without them nobody is there to ask. */
export async function runOperator(
  line: string,
  { answers, local, input }: { answers?: string[]; local?: string; input?: string } = {},
): Promise<Ran> {
  const said: Ran = { code: -1, out: '', err: '', asked: [] };
  const left = [...(answers ?? [])];
  const args = [...wordsOf(line), ...(local ? ['--local', local] : [])];
  const code = await runCommand(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    interactive: false,
    ...(answers && {
      ask: async (question: string) => {
        said.asked.push(question);
        return left.shift() ?? '';
      },
    }),
    ...(input !== undefined && { read: async () => input }),
    now: Date.now,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 100))),
  });
  return { ...said, code };
}

/** As a shell splits it, as far as single quotes go. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
