// What of an answer's header goes to the browser: an allow-list (design: section 1.3). Never a cookie, a challenge or
// a nonce; links and locations only as our own paths.
import type { HeaderLines } from '../http.ts';
import { mappedLinks } from './link-header.ts';
import type { Mapping } from './links.ts';
import type { NameFilter } from './request-headers.ts';

const always = [
  'content-type',
  'content-disposition',
  'content-language',
  'content-range',
  'etag',
  'last-modified',
  'link',
  'location',
  'retry-after',
  'x-okta-request-id',
];
const rateLimit = 'x-rate-limit-';

export function allowedResponseHeaders(more: readonly string[]): NameFilter {
  const names = new Set([...always, ...more]);
  return (name) => names.has(name) || name.startsWith(rateLimit);
}

export interface Answered {
  status: number;
  lines: HeaderLines;
  /** Epoch milliseconds. */
  now: number;
}

export function responseHeaders(
  allowed: NameFilter,
  map: Mapping,
  { status, lines, now }: Answered,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const add = (name: string, value: string | undefined) => {
    if (value === undefined || value === '') return;
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  };
  for (const [name, value] of lines) {
    if (!allowed(name)) continue;
    if (name === 'link') add(name, mappedLinks(value, map));
    else if (single.has(name)) headers[name] ??= singleValue(name, value, map);
    else add(name, asText(value));
  }
  if (headers.location === '') delete headers.location;
  if (status === 429) headers['retry-after'] ??= untilReset(headers, now);
  return headers;
}

/** Of these one counts; two joined would mean something else. */
const single = new Set(['content-type', 'content-disposition', 'location', 'etag', 'retry-after']);

const singleValue = (name: string, value: string, map: Mapping): string =>
  name === 'location' ? (map(value.trim()) ?? '') : asText(value);

/** Okta says when a rate limit ends, in epoch seconds; browsers and libraries know Retry-After. */
function untilReset(headers: Record<string, string>, now: number): string {
  const reset = Number(headers[`${rateLimit}reset`]);
  const seconds = Number.isFinite(reset) ? Math.ceil(reset - now / 1000) : 1;
  return String(Math.min(Math.max(seconds, 1), 3_600));
}

/** Header bytes came as Latin-1. What is UTF-8 is told as such, or it would be encoded twice. */
function asText(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
  if (/^[\x00-\x7f]*$/.test(value)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}
