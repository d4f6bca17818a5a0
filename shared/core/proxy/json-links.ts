// Absolute upstream URLs inside a JSON body, as Okta's `_links.*.href`: each becomes our path. It works on the
// text, so that every other byte (numbers above all) stays as it came.
import type { Mapping } from './links.ts';

// One that never ends is one, too: else it would be read again from each quote within.
const literal = /"(?:[^"\\]|\\[\s\S])*(?:"|$)/g;

/** `origins`: where routes lead. A URL that no route has stays. */
export function mappedJson(text: string, origins: readonly string[], map: Mapping): string {
  if (!origins.some((origin) => mentions(text, origin))) return text;
  return text.replace(literal, (quoted: string, at: number) => {
    const value = urlIn(quoted, origins);
    if (value === undefined || isName(text, at + quoted.length)) return quoted;
    const ours = map(encodeTemplate(value));
    return ours === undefined ? quoted : JSON.stringify(decodeTemplate(ours, value));
  });
}

const mentions = (text: string, origin: string) =>
  text.includes(origin) || text.includes(origin.replaceAll('/', '\\/'));

function urlIn(quoted: string, origins: readonly string[]): string | undefined {
  if (!quoted.startsWith('"http')) return undefined;
  try {
    const value = JSON.parse(quoted) as string;
    return origins.some((origin) => value.startsWith(`${origin}/`)) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isName = (text: string, end: number) => /^\s*:/.test(text.slice(end, end + 64));

// URI templates (RFC 6570): `{id}` is for the reader to fill in.
const encodeTemplate = (value: string) => value.replaceAll('{', '%7B').replaceAll('}', '%7D');
const decodeTemplate = (ours: string, value: string) =>
  value.includes('{') ? ours.replaceAll('%7B', '{').replaceAll('%7D', '}') : ours;
