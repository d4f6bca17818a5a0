// The Link header, RFC 8288 section 3. A target may hold commas, and a line several links.
import { scanner } from '../scanner.ts';
import type { Mapping } from './links.ts';

const separators = /[\s,]*/y;
const target = /<([^>]*)>/y;
const parameter = /\s*;\s*([^\s=;,"]*)(?:\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s;,"]*)))?/y;

/** The links of a line that we can follow, each with its target as a path of ours. */
export function mappedLinks(line: string, map: Mapping): string {
  const links: string[] = [];
  const { take } = scanner(line);
  for (;;) {
    take(separators);
    const reference = take(target)?.[1];
    // What is no link has no known end: nothing after it can be trusted.
    if (reference === undefined) return links.join(', ');
    const ours = map(reference);
    let more = '';
    let passes = ours !== undefined;
    for (let found = take(parameter); found; found = take(parameter)) {
      const [text, name = '', quoted, plain = ''] = found;
      more += text;
      passes &&= mayPass(name.toLowerCase(), quoted?.replace(/\\([\s\S])/g, '$1') ?? plain);
    }
    if (passes) links.push(`<${ours}>${more}`);
  }
}

/** An anchor says that the link is about something else (section 3.2), by an upstream URL. */
const mayPass = (name: string, value: string): boolean =>
  name === 'rel'
    ? !value
        .toLowerCase()
        .split(/\s+/)
        .some((rel) => followed.has(rel))
    : name !== 'anchor' && name !== 'anchor*';

/** What browsers fetch or connect to without being asked (https://html.spec.whatwg.org/#linkTypes, RFC 9842). */
const followed = new Set([
  'compression-dictionary',
  'dns-prefetch',
  'expect',
  'icon',
  'manifest',
  'modulepreload',
  'preconnect',
  'prefetch',
  'preload',
  'prerender',
  'stylesheet',
]);
