// The commands: their flags, what they ask of the operator function, and what must be given before they run.
import { bounds, type OperatorEvent } from '#shared/operator-request.ts';
import { type Flag, type Given, UsageError } from './flags.ts';
import { proofEvent } from './proof.ts';

export interface Verb {
  flags: readonly Flag[];
  /** How many words follow. */
  words?: 1;
  /** Its target must be named. */
  changes?: true;
  /** The reason must be given. */
  ends?: true;
  /** It affects people who were not named: how many, in words. Somebody must then confirm it. */
  wide?(given: Given): string | undefined;
  /** The flag that already confirms it. */
  meant?: Flag;
  event(given: Given, word: string): OperatorEvent;
}

const everywhere: readonly Flag[] = [
  'function',
  'help',
  'json',
  'local',
  'profile',
  'reason',
  'region',
  'stack',
];
const changing: readonly Flag[] = [...everywhere, 'dry-run', 'yes'];

export const verbs: Record<string, Verb> = {
  status: { flags: everywhere, event: () => ({ action: 'status' }) },
  'keys list': { flags: everywhere, event: () => ({ action: 'list' }) },
  'keys rotate': {
    flags: [...changing, 'use', 'spec', 'wait', 'older-than', 'take-over', 'cancel'],
    changes: true,
    event: rotateEvent,
  },
  'keys activate': {
    flags: changing,
    words: 1,
    changes: true,
    event: (_, key) => ({ action: 'activate', key }),
  },
  'keys retire': {
    flags: [...changing, 'bake', 'window'],
    words: 1,
    changes: true,
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
    changes: true,
    ends: true,
    wide: () => 'every session on the key',
    meant: 'now',
    event: ({ now }, key) => {
      if (now) return { action: 'disable', key, now };
      throw new UsageError(
        'disable ends every session on the key: add --now if you mean it, or use keys retire',
      );
    },
  },
  'keys enable': {
    flags: changing,
    words: 1,
    changes: true,
    event: (_, key) => ({ action: 'enable', key }),
  },
  'keys replicate': { flags: changing, changes: true, event: () => ({ action: 'replicate' }) },
  'sessions list': {
    flags: [...everywhere, 'user', 'key'],
    event: (given) => {
      const whose = whoseOf(given);
      if (whose && !('all' in whose || 'session' in whose)) return { action: 'sessions', whose };
      throw new UsageError('say whose sessions: --user <e-mail|sub> or --key <key>');
    },
  },
  'sessions revoke': {
    flags: [...changing, 'user', 'session', 'key', 'all'],
    changes: true,
    ends: true,
    wide: ({ all, key }) =>
      all
        ? 'the sessions of everybody'
        : key !== undefined
          ? 'every session on the key'
          : undefined,
    event: (given) => {
      const whose = whoseOf(given);
      if (whose) return { action: 'revoke', whose };
      throw new UsageError(
        'say whose sessions: --user <e-mail|sub>, --session <id>, --key <key> or --all',
      );
    },
  },
  signatures: {
    flags: [...everywhere, 'hours'],
    event: ({ hours }) => ({
      action: 'signatures',
      ...(hours !== undefined && { hours: wholeNumber('hours', hours, bounds.hours) }),
    }),
  },
  proof: {
    flags: [...everywhere, 'key', 'method', 'nonce', 'token', 'url'],
    changes: true,
    // The proof acts for the owner of the token, so somebody must answer for it.
    ends: true,
    event: proofEvent,
  },
};

type Whose = Extract<OperatorEvent, { action: 'revoke' }>['whose'];

function rotateEvent(given: Given): OperatorEvent {
  const { use = 'dpop', spec, wait } = given;
  if (use !== 'dpop' && use !== 'assertion') {
    throw new UsageError('--use must be dpop or assertion');
  }
  if (given.cancel) {
    const other = (['spec', 'wait', 'older-than', 'take-over'] as const).find((f) => given[f]);
    if (other) throw new UsageError(`--${other} has no effect on rotate --cancel`);
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

function whoseOf({ user, session, key, all }: Given): Whose | undefined {
  const named = [session ?? user, key, all].filter((one) => one !== undefined).length;
  if (named > 1) throw new UsageError('--user, --session, --key and --all do not go together');
  if (session !== undefined) {
    if (!/^[\w-]{8,43}$/.test(session)) {
      throw new UsageError('--session must be an id as sessions list shows it');
    }
    return { session, ...(user !== undefined && { user }) };
  }
  if (user !== undefined) return { user };
  if (key !== undefined) return { key };
  return all ? { all: true } : undefined;
}

function wholeNumber(flag: Flag, text: string, [least, most]: readonly [number, number]): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${flag} must be a whole number from ${least} to ${most}`);
}
