// The access token on the command line. `--token -` takes it from standard input, so that no shell keeps it, and no line
// that we print to paste holds one.
import type { Terminal } from './terminal.ts';

const flag = '--token';

/** Returns undefined unless the command line asks for it. */
export async function pipedToken(
  args: readonly string[],
  { read }: Pick<Terminal, 'read'>,
): Promise<string | undefined> {
  const asked = args.some(
    (arg, at) => arg === `${flag}=-` || (arg === flag && args[at + 1] === '-'),
  );
  return asked ? ((await read?.()) ?? '').trim() : undefined;
}

export const withoutToken = (args: readonly string[]): string[] =>
  args.map((arg, at) =>
    args[at - 1] === flag ? '-' : arg.startsWith(`${flag}=`) ? `${flag}=-` : arg,
  );
