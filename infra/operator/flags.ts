// The flags of the command line, and what is wrong with the way they were given.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { closest } from '../closest.ts';

export const options = {
  all: { type: 'boolean' },
  bake: { type: 'string' },
  cancel: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  function: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  hours: { type: 'string' },
  json: { type: 'boolean' },
  key: { type: 'string' },
  local: { type: 'string' },
  method: { type: 'string' },
  nonce: { type: 'string' },
  now: { type: 'boolean' },
  'older-than': { type: 'string' },
  profile: { type: 'string' },
  reason: { type: 'string' },
  region: { type: 'string' },
  session: { type: 'string' },
  spec: { type: 'string' },
  stack: { type: 'string' },
  'take-over': { type: 'boolean' },
  token: { type: 'string' },
  url: { type: 'string' },
  use: { type: 'string' },
  user: { type: 'string' },
  version: { type: 'boolean' },
  wait: { type: 'string' },
  window: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
} as const satisfies ParseArgsConfig['options'];

export type Flag = keyof typeof options;
export type Given = ReturnType<typeof readFlags>['given'];

/** The command line is wrong. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export function readFlags(args: readonly string[]) {
  try {
    const { values: given, positionals: words } = parseArgs({
      args: joined(args),
      options,
      allowPositionals: true,
    });
    return { given, words };
  } catch (error) {
    throw new UsageError(faultIn(error as Error));
  }
}

/** `--local` may stand alone. A value may be negative, which is always wrong, but gets a better message later. */
const joined = (args: readonly string[]): string[] => {
  const ready: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const next = args[at + 1] ?? '';
    const takes = arg === '--local' ? looksLocal.test(next) : isText(arg) && /^-\d/.test(next);
    if (takes) ready.push(`${arg}=${args[++at]}`);
    else ready.push(arg === '--local' ? '--local=' : arg);
  }
  return ready;
};

const looksLocal = /^(?:https?:.*|\d+|(?:localhost|[\w.-]+|\[::1\]):\d+|localhost|127\.0\.0\.1)$/i;

const isText = (arg: string): boolean =>
  arg.startsWith('--') &&
  (options as Record<string, { type: string }>)[arg.slice(2)]?.type === 'string';

/** The rest of Node's own message explains how to pass dashes. */
function faultIn({ message }: Error): string {
  const [, flag = ''] = /'(--?[\w-]+)/.exec(message) ?? [];
  if (/argument (missing|is ambiguous)/.test(message)) return `${flag} needs a value`;
  if (/does not take an argument/.test(message)) return `${flag} takes no value`;
  const meant = closest(
    flag,
    Object.keys(options).map((name) => `--${name}`),
  );
  return `unknown option ${flag}${meant ? `; did you mean ${meant}?` : ''}`;
}
