// The headers of an answer that go to the browser: an allow-list. It never contains a cookie, a challenge or a nonce.
// Links and locations become our own paths.
import type { HeaderLines } from '#core/http.ts';
import { isAscii } from '#core/proxy/url/paths.ts';
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

/** The places to which an answer's references may lead. */
export interface Mappings {
  link: Mapping;
  location: Mapping;
}

export interface Answered {
  status: number;
  lines: HeaderLines;
  /** Epoch milliseconds. */
  now: number;
}

export function responseHeaders(
  allowed: NameFilter,
  maps: Mappings,
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
    if (name === 'link') add(name, mappedLinks(asText(value), maps.link));
    else if (single.has(name)) headers[name] ??= singleValue(name, value, maps.location);
    else add(name, asText(value));
  }
  if (headers.location === '') delete headers.location;
  if (status === 429) headers['retry-after'] ??= untilReset(headers, now);
  return headers;
}

/** Only the first of these is kept: joined values would mean something else. */
const single = new Set(['content-type', 'content-disposition', 'location', 'etag', 'retry-after']);

function singleValue(name: string, value: string, map: Mapping): string {
  if (name === 'location') return map(value.trim()) ?? '';
  return asText(name === 'content-disposition' ? withAsciiName(value) : value);
}

/** Okta says when a rate limit ends, in epoch seconds. Browsers and libraries understand Retry-After. */
function untilReset(headers: Record<string, string>, now: number): string {
  const reset = Number(headers[`${rateLimit}reset`]);
  const seconds = Number.isFinite(reset) ? Math.ceil(reset - now / 1000) : 1;
  return String(Math.min(Math.max(seconds, 1), 3_600));
}

/**
 * Header bytes arrived as Latin-1. UTF-8 is decoded, or it would be encoded twice. A value that Latin-1 cannot express
 * stays as it came, because no gateway accepts it.
 */
function asText(value: string): string {
  if (isAscii(value)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is Latin-1
  return /^[\x00-\xff]*$/.test(text) ? text : value;
}

/** File names often need more than Latin-1. RFC 8187 writes them in ASCII, and every browser reads that. */
function withAsciiName(value: string): string {
  if (isAscii(value)) return value;
  const utf8 = Buffer.from(value, 'latin1').toString('utf8');
  const text = utf8.includes('\ufffd') ? value : utf8;
  const named = text.replace(fileName, (_all, quoted?: string, plain = '') => {
    const name = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    return extendedName.test(text) ? '' : `; filename*=UTF-8''${extended(name)}`;
  });
  return isAscii(named) ? named : value;
}

const fileName = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/i;
const extendedName = /;\s*filename\*\s*=/i;

const extended = (name: string) =>
  encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
