// Parses WWW-Authenticate (RFC 9110 section 11.6.1) with the parameters of RFC 6750, 9449 and 9470. It is as lenient as
// servers require: any spacing, unquoted values, several schemes in one line, unknown parameters.
import { scanner } from '#core/lib/header-scanner.ts';
import { mostBytes } from '#core/limits.ts';

export interface Challenge {
  /** Lower case. */
  scheme: string;
  /** Names are in lower case. When a name is repeated, the first value counts. */
  parameters: ReadonlyMap<string, string>;
}

const separators = /[\s,]*/y;
const word = /[A-Za-z0-9!#$%&'*+.^_`|~-]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"/y;
const unquoted = /[^\s,"]*/y;
const token68 = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const rubbish = /[^,]*/y;

export function challengesOf(lines: Iterable<string>): Challenge[] {
  const challenges: Challenge[] = [];
  for (const line of lines) {
    if (line.length <= mostBytes.refusal) challenges.push(...challengesIn(line));
  }
  return challenges;
}

function challengesIn(line: string): Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  const { take, atEnd } = scanner(line);
  for (;;) {
    take(separators);
    if (atEnd()) return found;
    const name = take(word)?.[0].toLowerCase();
    const current = found.at(-1);
    if (name === undefined) {
      take(rubbish);
    } else if (current && take(equals)) {
      const value = take(quoted)?.[1]?.replace(/\\([\s\S])/g, '$1') ?? take(unquoted)?.[0] ?? '';
      if (!current.parameters.has(name)) current.parameters.set(name, value);
    } else {
      found.push({ scheme: name, parameters: new Map() });
      take(token68);
    }
  }
}
