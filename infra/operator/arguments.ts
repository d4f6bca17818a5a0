// The command line, read once: what to ask the operator function, where it is, and how to show the answer.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { bounds, type OperatorEvent } from '#shared/operator-request.ts';

export interface Command {
  event: OperatorEvent;
  where: Where;
  json: boolean;
}

export type Where =
  | { kind: 'local'; url: string }
  | { kind: 'stack'; stack: string; region?: string; profile?: string }
  | { kind: 'function'; name: string; region?: string; profile?: string }
  /** The local system if it runs, else the stack of the usual name. */
  | { kind: 'any' };

/** The command cannot run as it was called. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const usualStack = 'okta-dpop-bff';
/** Where `npm start` listens for this, unless the port was taken. */
export const usualLocalUrl = 'http://127.0.0.1:3002';

const options = {
  all: { type: 'boolean' },
  bake: { type: 'string' },
  cancel: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  function: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  key: { type: 'string' },
  local: { type: 'string' },
  now: { type: 'boolean' },
  'older-than': { type: 'string' },
  profile: { type: 'string' },
  reason: { type: 'string' },
  region: { type: 'string' },
  spec: { type: 'string' },
  stack: { type: 'string' },
  'take-over': { type: 'boolean' },
  use: { type: 'string' },
  user: { type: 'string' },
  wait: { type: 'string' },
  window: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

type Given = ReturnType<typeof read>['values'];
type Flag = keyof typeof options;

const everywhere: Flag[] = [
  'function',
  'help',
  'json',
  'local',
  'profile',
  'reason',
  'region',
  'stack',
];
const changing: Flag[] = [...everywhere, 'dry-run'];

interface Verb {
  flags: Flag[];
  /** How many words follow. */
  words?: 1;
  event(given: Given, word: string): OperatorEvent;
}

const verbs: Record<string, Verb> = {
  status: { flags: everywhere, event: () => ({ action: 'status' }) },
  'keys list': { flags: everywhere, event: () => ({ action: 'list' }) },
  'keys rotate': {
    flags: [...changing, 'use', 'spec', 'wait', 'older-than', 'take-over', 'cancel'],
    event: rotateEvent,
  },
  'keys activate': { flags: changing, words: 1, event: (_, key) => ({ action: 'activate', key }) },
  'keys retire': {
    flags: [...changing, 'bake', 'window'],
    words: 1,
    event: (given, key) => ({
      action: 'retire',
      key,
      ...(given.bake !== undefined && {
        bakeDays: wholeNumber('bake', given.bake, bounds.bakeDays),
      }),
      ...(given.window !== undefined && {
        windowDays: wholeNumber('window', given.window, bounds.windowDays),
      }),
    }),
  },
  'keys disable': {
    flags: [...changing, 'now'],
    words: 1,
    event: ({ now }, key) => {
      if (now) return { action: 'disable', key, now };
      throw new UsageError(
        'disable ends every session on the key: say --now if you mean it, or use keys retire',
      );
    },
  },
  'keys enable': { flags: changing, words: 1, event: (_, key) => ({ action: 'enable', key }) },
  'keys replicate': { flags: changing, event: () => ({ action: 'replicate' }) },
  'sessions list': {
    flags: [...everywhere, 'user', 'key'],
    event: (given) => {
      const whose = whoseOf(given);
      if (whose && !('all' in whose)) return { action: 'sessions', whose };
      throw new UsageError('say whose sessions: --user <e-mail|sub> or --key <key>');
    },
  },
  'sessions revoke': {
    flags: [...changing, 'user', 'key', 'all'],
    event: (given) => {
      const whose = whoseOf(given);
      if (whose) return { action: 'revoke', whose };
      throw new UsageError('say whose sessions: --user <e-mail|sub>, --key <key> or --all');
    },
  },
};

export function parseCommand(args: string[]): Command | 'help' {
  const { values: given, positionals } = read(args);
  if (given.help || positionals.length === 0) return 'help';
  const [first = '', second = ''] = positionals;
  // `keys status` is what some try first.
  const name = [first, second].includes('status') ? 'status' : `${first} ${second}`.trim();
  const verb = verbs[name];
  if (!verb) throw new UsageError(noCommand(positionals));
  const words = positionals.slice(name === 'status' ? positionals.indexOf('status') + 1 : 2);
  const [word = ''] = words;
  if (words.length !== (verb.words ?? 0)) {
    throw new UsageError(verb.words ? `${name} needs one key` : `${name} takes no ${word}`);
  }
  const foreign = Object.keys(given).find((flag) => !verb.flags.includes(flag as Flag));
  if (foreign) throw new UsageError(`--${foreign} means nothing to ${name}`);
  const event = {
    ...verb.event(given, word),
    ...(given.reason !== undefined && { reason: given.reason }),
    ...(given['dry-run'] && { dryRun: true }),
  } as OperatorEvent;
  return { event, where: whereOf(given), json: given.json ?? false };
}

/** With those that there are, of the same kind if it is one. */
function noCommand(positionals: string[]): string {
  const names = Object.keys(verbs);
  const alike = names.filter((name) => name.split(' ', 1)[0] === positionals[0]);
  const known = (alike.length > 0 ? alike : names).join(', ');
  return `there is no command ${positionals.join(' ')}: ${known}`;
}

function read(args: string[]) {
  try {
    return parseArgs({ args: withLocalUrl(args), options, allowPositionals: true });
  } catch (error) {
    // Only its first sentence; the rest explains how to pass dashes.
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(first.replace(/\.$/, '').replace(/^./, (letter) => letter.toLowerCase()));
  }
}

/** `--local` may stand alone. */
const withLocalUrl = (args: string[]): string[] =>
  args.flatMap((arg, at) => {
    if (arg !== '--local') return [arg];
    return /^https?:/.test(args[at + 1] ?? '') ? [arg] : [`--local=${usualLocalUrl}`];
  });

function rotateEvent(given: Given): OperatorEvent {
  const { use = 'dpop', spec, wait } = given;
  if (use !== 'dpop' && use !== 'assertion') {
    throw new UsageError('--use must be dpop or assertion');
  }
  if (given.cancel) {
    const other = (['spec', 'wait', 'older-than', 'take-over'] as const).find((f) => given[f]);
    if (other) throw new UsageError(`--${other} means nothing to rotate --cancel`);
    return { action: 'cancel', use };
  }
  if (spec !== undefined && spec !== 'ECC_NIST_P256' && spec !== 'RSA_2048') {
    throw new UsageError('--spec must be ECC_NIST_P256 or RSA_2048');
  }
  const seconds = wait === undefined ? undefined : wholeNumber('wait', wait, bounds.settleSeconds);
  const rest = use === 'dpop' ? { settleSeconds: seconds } : { publishSeconds: seconds };
  return {
    action: 'rotate',
    use,
    ...(spec !== undefined && { spec }),
    ...(seconds !== undefined && rest),
    ...(given['take-over'] && { takeOver: true }),
    ...(given['older-than'] !== undefined && {
      olderThanDays: wholeNumber('older-than', given['older-than'], bounds.olderThanDays),
    }),
  };
}

function whoseOf({ user, key, all }: Given) {
  const named = [user, key, all].filter((one) => one !== undefined).length;
  if (named > 1) throw new UsageError('--user, --key and --all do not go together');
  if (user !== undefined) return { user };
  if (key !== undefined) return { key };
  return all ? { all } : undefined;
}

function whereOf({ local, function: name, stack, region, profile }: Given): Where {
  const named = [local, name, stack].filter((one) => one !== undefined).length;
  if (named > 1) throw new UsageError('--local, --function and --stack do not go together');
  const account = { ...(region && { region }), ...(profile && { profile }) };
  if (local !== undefined) {
    const url = URL.parse(local);
    if (!url || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
      throw new UsageError('--local must be an address on this machine, as npm start prints it');
    }
    if (region || profile) throw new UsageError('--region and --profile mean nothing to --local');
    return { kind: 'local', url: url.origin };
  }
  if (name !== undefined) return { kind: 'function', name, ...account };
  if (stack !== undefined || region || profile) {
    return { kind: 'stack', stack: stack ?? usualStack, ...account };
  }
  return { kind: 'any' };
}

function wholeNumber(flag: Flag, text: string, [least, most]: readonly [number, number]): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${flag} must be a whole number from ${least} to ${most}`);
}
