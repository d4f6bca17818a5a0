// A file under edit: rules find places in its masked text and replace them in the real one.
import { mask } from './mask.ts';

export type Rule = (source: string) => string;

export interface Found {
  match: RegExpExecArray;
  masked: string;
  source: string;
  from: number;
}

/** What to put there; undefined leaves the place alone. `to` is its end, if that is not the end of the match. */
export type Edit = { text: string; to?: number } | undefined;

/** Replaces every match of `pattern` in the code of `source`, but nothing in strings and comments. */
export function replaced(
  source: string,
  pattern: RegExp,
  edit: (found: Found) => Edit | string,
): string {
  const masked = mask(source);
  const flags = new Set([...pattern.flags, 'g']);
  let result = '';
  let done = 0;
  for (const match of masked.matchAll(new RegExp(pattern.source, [...flags].join('')))) {
    const from = match.index;
    if (from < done) continue;
    const change = edit({ match, masked, source, from });
    if (change === undefined) continue;
    const { text, to = from + match[0].length } =
      typeof change === 'string' ? { text: change } : change;
    result += source.slice(done, from) + text;
    done = to;
  }
  return result + source.slice(done);
}

/** Whether the code of `source` still has this name. */
export const names = (source: string, name: string): boolean =>
  new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(mask(source));
