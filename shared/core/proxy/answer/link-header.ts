// The Link header, RFC 8288 section 3. A target may contain commas, and a line several links.
import { scanner } from '#core/lib/header-scanner.ts';
import type { Mapping } from './links.ts';

const separators = /[\s,]*/y;
const target = /<([^<>]*)>/y;
const parameter = /\s*;\s*(?:([^\s=;,"]+)\s*)?(?:=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s;,"]*)))?/y;

/** The links of a line that a client can follow, each with its target as one of our paths. */
export function mappedLinks(line: string, map: Mapping): string {
  const links: string[] = [];
  const { take } = scanner(line);
  for (;;) {
    take(separators);
    const reference = take(target)?.[1];
    // The end of a malformed link is unknown, so nothing after it can be trusted.
    if (reference === undefined) return links.join(', ');
    const ours = map(reference);
    let more = '';
    let passes = ours !== undefined;
    for (let found = take(parameter); found; found = take(parameter)) {
      const [text, name = '', quoted, plain = ''] = found;
      if (isPlain(text)) more += text.trimEnd();
      passes &&= mayPass(name.toLowerCase(), quoted?.replace(/\\([\s\S])/g, '$1') ?? plain);
    }
    if (passes) links.push(`<${ours}>${more}`);
  }
}

/** Parsers disagree on quotation marks, and some split at brackets: a parameter with either could show them a link. */
const isPlain = (text: string) => !/[<\\]/.test(text);

/** An anchor says that the link is about something else (section 3.2), and names that by an upstream URL. */
const mayPass = (name: string, value: string): boolean =>
  name === 'rel'
    ? !value
        .toLowerCase()
        .split(/\s+/)
        .some((rel) => followed.has(rel))
    : name !== 'anchor' && name !== 'anchor*';

/** Relations that browsers fetch or connect to unasked (https://html.spec.whatwg.org/#linkTypes, RFC 9842). */
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
