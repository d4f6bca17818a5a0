// The Link header, RFC 8288 section 3. A target may hold commas, and a line several links.
import { scanner } from '../scanner.ts';
import type { Mapping } from './links.ts';

const separators = /[\s,]*/y;
const target = /<([^>]*)>/y;
const parameters = /(?:\s*;\s*[^\s=;,"]*(?:\s*=\s*(?:"(?:[^"\\]|\\[\s\S])*"|[^\s;,"]*))?)*/y;

/** The links of a line that we can follow, each with its target as a path of ours. */
export function mappedLinks(line: string, map: Mapping): string {
  const links: string[] = [];
  const { take } = scanner(line);
  for (;;) {
    take(separators);
    const reference = take(target)?.[1];
    // What is no link has no known end: nothing after it can be trusted.
    if (reference === undefined) return links.join(', ');
    const more = take(parameters)?.[0] ?? '';
    const ours = map(reference);
    // An anchor says that the link is about something else (section 3.2), by an upstream URL.
    if (ours !== undefined && !/;\s*anchor\s*=/i.test(more)) links.push(`<${ours}>${more}`);
  }
}
