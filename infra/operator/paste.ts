// Writes a command in the form that a shell accepts.

/** `npm run operator -- keys enable mrk-1a2b3c4d --local`. */
export const commandLine = (program: string, args: readonly string[]): string =>
  [program, ...args.map(quoted)].join(' ');

const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
