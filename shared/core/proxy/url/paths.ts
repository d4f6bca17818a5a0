// Accepts only paths that mean one thing. An HTTP API passes the path on percent-decoded: it is judged in that form,
// and encoded once (RFC 3986 section 3.3). A path that some server could read as another is refused.
import { BrokerError } from '#core/errors.ts';

// Controls, and characters that end or split a path for some server. U+FFFD shows that a decoder met bytes that are not
// UTF-8: the original is lost.
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const ambiguous = /[\u0000-\u001f\u007f-\u009f\\?#\ufffd\u2028\u2029]/;
// A remaining escape was encoded twice: the next server may decode it.
const escapeLeft = /%(?:[0-9a-f]{2}|u[0-9a-f]{4})/i;
// Characters that "best fit" code pages turn into slashes.
const likeSlash = /[\u2044\u2215\u2216\u29f5\u29f8\u29f9]/;
const likeDot = /[\u3002\uff61]/g;
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/** Throws bad_path unless the decoded path has one meaning. */
export function checkPath(path: string): void {
  if (!path.startsWith('/')) throw badPath('it does not begin with a slash');
  if (!path.isWellFormed()) throw badPath('it holds half of a surrogate pair');
  if (ambiguous.test(path)) throw badPath('it holds a character that ends or splits paths');
  if (escapeLeft.test(path)) throw badPath('it is encoded twice');
  const normal = isAscii(path) ? path : normalize(path);
  if (count(normal) !== count(path))
    throw badPath('it holds a character that is like / \\ ? # or %');
  const segments = normal.split('/');
  const last = segments.length - 1;
  for (let i = 1; i <= last; i += 1) {
    const segment = segments[i] as string;
    if (segment === '' ? i < last : isNothing(segment)) throw badPath('a segment is empty or dots');
  }
}

/** Encodes everything but pchar, in upper case, as UTF-8. */
export const encodePath = (path: string): string =>
  plainPath.test(path)
    ? path
    : encodeURIComponent(path).replace(/%(?:2F|3A|40|24|26|2B|2C|3B|3D)/g, decodeURIComponent);

/**
 * The path as a lenient server might read it: without compatibility forms, case, matrix parameters, plus signs for
 * blanks, blanks around a segment and dots behind it.
 */
export function lenientReading(path: string): string {
  const folded = isAscii(path) ? path.toLowerCase() : folding(path);
  return tidied.test(folded) ? folded.split('/').map(tidy).join('/') : folded;
}

/** Java lowers U+0130 to `i`; all others lower it to `i` and a combining dot. */
const folding = (path: string): string =>
  normalize(path).toUpperCase().toLowerCase().replaceAll('i\u0307', 'i');

const tidied = /[;+ ]|\.(?:\/|$)/;

function tidy(segment: string): string {
  const plain = withoutParameters(segment).replaceAll('+', ' ').trim();
  let end = plain.length;
  while (plain[end - 1] === '.' || plain[end - 1] === ' ') end -= 1;
  return plain.slice(0, end);
}

const plainPath = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

const withoutParameters = (segment: string) => segment.replace(/;.*$/s, '');

/** Dot segments in any disguise, and segments that are empty without their parameters. A plus may stand for a blank. */
function isNothing(segment: string): boolean {
  if (!/^[\s.;+]/.test(segment)) return false;
  const name = withoutParameters(segment).replace(/\s+/g, '');
  return /^\.*$/.test(name) || (name.includes('.') && /^[.+]*$/.test(name));
}

function normalize(path: string): string {
  if (likeSlash.test(path)) throw badPath('it holds a character that is like a slash');
  return path.normalize('NFKC').replace(likeDot, '.').replace(invisible, '');
}

const count = (path: string): number => path.replace(/[^/\\?#%;]/g, '').length;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/** The query goes on byte for byte. A byte that would end the request line is refused. */
export function checkQuery(query: string): void {
  if (!isQuery(query)) throw badPath('the query holds a character that queries cannot hold');
}

export const isQuery = (query: string): boolean => /^[\x21\x22\x24-\x7e]*$/.test(query);

const badPath = (why: string) => new BrokerError('bad_path', `path: ${why}`);
