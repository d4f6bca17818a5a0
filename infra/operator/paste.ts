// Writes a command in the form that a shell accepts.

/** `npm run operator -- keys enable mrk-1a2b3c4d --local`. */
export const commandLine = (program: string, args: readonly string[]): string =>
  [program, ...args.map(quoted)].join(' ');

const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;

/** Stands for the reason in a line to paste. Whoever pastes the line as it is has given none. */
export const reasonGap = '<why>';

export const isGap = (reason: string): boolean => /^<.*>$/.test(reason);
