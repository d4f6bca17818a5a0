// Turns absolute upstream URLs in a JSON body, such as Okta's `_links.*.href`, into our paths. It works on the text, so
// that every other byte (above all, numbers) stays as it came.
import type { Mapping } from './links.ts';

/** `origin` is the upstream of the route. A URL that the route does not cover stays. */
export function mappedJson(text: string, origin: string, map: Mapping): string {
  if (!mentions(text, origin)) return text;
  let mapped = '';
  let copied = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    const end = endOfString(text, start);
    const ours = oursFor(text.slice(start, end), origin, map);
    if (ours !== undefined && !isName(text, end)) {
      mapped += text.slice(copied, start) + ours;
      copied = end;
    }
    start = text.indexOf('"', end);
  }
  return mapped + text.slice(copied);
}

const mentions = (text: string, origin: string) =>
  text.includes(origin) || text.includes(origin.replaceAll('/', '\\/'));

/** Looks at each character a fixed number of times, even in a string that never ends. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function oursFor(quoted: string, origin: string, map: Mapping): string | undefined {
  if (!quoted.startsWith('"http')) return undefined;
  const value = parsed(quoted);
  if (!value?.startsWith(`${origin}/`)) return undefined;
  const ours = map(encodeTemplate(value));
  return ours === undefined ? undefined : JSON.stringify(decodeTemplate(ours, value));
}

function parsed(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

const isName = (text: string, end: number) => /^\s*:/.test(text.slice(end, end + 64));

// URI templates (RFC 6570) have parts such as `{id}`, which the reader fills in. Only for the mapping are their braces
// escaped; after it each brace is again what it was.
const encodeTemplate = (value: string) => value.replaceAll('{', '%7B').replaceAll('}', '%7D');
const braces = /[{}]|%7[bd]/gi;

function decodeTemplate(ours: string, value: string): string {
  const written = value.match(braces) ?? [];
  // What the mapping took away, it took from the front.
  let next = written.length - (ours.match(braces)?.length ?? 0);
  return ours.replace(braces, (brace) => written[next++] ?? brace);
}
