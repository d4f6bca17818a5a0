// Reads the command line once: what to ask the operator function, where it is, and how to show the answer.
import type { OperatorEvent } from '#shared/operator-request.ts';
import { closest } from '../closest.ts';
import { type Flag, readFlags, UsageError } from './flags.ts';
import { isGap } from './paste.ts';
import { type Verb, verbs } from './verbs.ts';
import { type Where, whereOf } from './where.ts';

export interface Command {
  /** `keys rotate` */
  name: string;
  event: OperatorEvent;
  where: Where;
  json: boolean;
  /** What the command still lacks (consent.ts). */
  lacks: Lack[];
  /** The command affects more than was named: this says what, in words. */
  wide?: string;
  /** No confirmation is needed. */
  yes: boolean;
}

export type Lack = 'reason' | 'target' | 'yes';

/** `piped` stands for the token when it is given as `-`. */
export function parseCommand(
  args: readonly string[],
  piped?: string,
): Command | 'help' | 'version' {
  const { given: written, words } = readFlags(args);
  const given = written.token === '-' ? { ...written, token: piped ?? '' } : written;
  if (given.version) return 'version';
  if (given.help || words.length === 0 || words[0] === 'help') return 'help';
  const { name, verb, rest } = named(words);
  const [word = ''] = rest;
  if (rest.length !== (verb.words ?? 0)) {
    throw new UsageError(
      verb.words
        ? `${name} needs one key, as keys list names it`
        : `${name} does not know what to do with ${word}`,
    );
  }
  const foreign = Object.keys(given).find((flag) => !verb.flags.includes(flag as Flag));
  if (foreign) throw new UsageError(`--${foreign} has no effect on ${name}`);
  const said = given.reason?.trim() || undefined;
  const gap = said !== undefined && isGap(said);
  const reason = gap ? undefined : said;
  const event = {
    ...verb.event(given, word),
    ...(reason !== undefined && { reason }),
    ...(given['dry-run'] && { dryRun: true }),
  } as OperatorEvent;
  const where = whereOf(given);
  const acts = verb.changes && !given['dry-run'];
  const wide = acts ? verb.wide?.(given) : undefined;
  const confirmed = given.yes || (verb.meant && given[verb.meant]);
  const lacks: Lack[] = [
    ...(acts && (gap || (verb.ends && reason === undefined)) ? ['reason' as const] : []),
    ...(acts && where.kind === 'any' ? ['target' as const] : []),
    ...(wide && !confirmed ? ['yes' as const] : []),
  ];
  return {
    name,
    event,
    where,
    json: given.json ?? false,
    lacks,
    ...(wide && { wide }),
    yes: given.yes ?? false,
  };
}

function named(words: readonly string[]): { name: string; verb: Verb; rest: readonly string[] } {
  const [first = '', second = ''] = words;
  // `keys status` is what some people try first.
  const status = [first, second].indexOf('status');
  const name = status >= 0 ? 'status' : `${first} ${second}`.trim();
  const verb = verbs[name];
  if (!verb) throw new UsageError(noCommand(words));
  return { name, verb, rest: words.slice(status >= 0 ? status + 1 : 2) };
}

function noCommand([first = '', second = '']: readonly string[]): string {
  if (first === 'doctor') {
    return 'the doctor is a command of its own: npm run doctor, or npx okta-dpop-bff doctor';
  }
  const names = Object.keys(verbs);
  const alike = names.filter((name) => name.split(' ', 1)[0] === first);
  if (alike.length > 0 && second === '') return `say what to do: ${alike.join(', ')}`;
  const typed = `${first} ${second}`.trim();
  const meant = closest(typed, names) ?? closest(first, names);
  if (meant) return `there is no command ${typed}; did you mean ${meant}?`;
  return `there is no command ${typed}: ${(alike.length > 0 ? alike : names).join(', ')}`;
}
