// Compares `htu` with the URI of the request after the normalisation of RFC 3986 sections 6.2.2 and 6.2.3, without query
// and fragment (RFC 9449 section 4.3).

/**
 * Every character that a URI may have; an escape has two digits (RFC 3986 section 2). An at sign in front of the path
 * would end user information.
 */
const uri =
  /^https?:\/\/(?![/?#])(?:[A-Za-z0-9\-._~:[\]!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?:[/?#](?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?$/i;
const schemeAndHost = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;
const queryAndFragment = /[?#].*$/s;

export interface RequestTarget {
  /** Path and query, or a whole URI. */
  url: string;
  pathIsDecoded?: boolean | undefined;
}

/** `bases`: the origins of this API as the world knows it, with a path where a proxy strips one. */
export function isUriOf(
  htu: string,
  { url, pathIsDecoded = false }: RequestTarget,
  bases: readonly string[],
): boolean {
  const path = pathOf(url, pathIsDecoded);
  // The usual case needs no parser: equal texts are equal in every normal form.
  if (bases.some((base) => base + path === htu)) return uri.test(htu);
  const claimed = normalisedUri(htu);
  if (claimed === undefined) return false;
  const form = pathIsDecoded ? decoded : (text: string) => text;
  return bases.some((base) => {
    const expected = normalised(base + path);
    return expected !== undefined && form(expected) === form(claimed);
  });
}

/** Only for an API that may trust the Host header. */
export const originOf = (url: string): string | undefined => schemeAndHost.exec(url)?.[0];

function pathOf(url: string, pathIsDecoded: boolean): string {
  const path = url.replace(schemeAndHost, '');
  // The parser of URLs removes some raw control characters and blanks, and the API may not.
  // A decoded path has no query, and what looks like an escape or a delimiter in it is none.
  return pathIsDecoded
    ? path.replace(/[%?#\\\p{Cc} ]/gu, encodeURIComponent)
    : path.replace(queryAndFragment, '').replace(/[\\\p{Cc} ]/gu, encodeURIComponent);
}

/** Returns undefined when this is no http or https URI, or one with user information. */
export function normalisedUri(text: string): string | undefined {
  return uri.test(text) ? normalised(text) : undefined;
}

/** Also takes the raw characters of a request line. They count as if they were escaped. */
function normalised(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.username !== '' || url.password !== '') return undefined;
  return url.origin + withoutNeedlessEscapes(url.pathname);
}

function withoutNeedlessEscapes(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : triplet.toUpperCase();
  });
}

function decoded(normal: string): string {
  try {
    return decodeURIComponent(normal);
  } catch {
    return normal;
  }
}
