// The path as an HTTP API hands it over: percent-decoded and cut at a decoded question mark. An encoded
// slash arrives as a slash.

/**
 * `once` is what the documentation says. Captures of live APIs differ on what is encoded twice: some show
 * it decoded twice (%252F is a slash, and a lone %25 is refused). `twice` plays that, so that tests can show
 * that either is safe.
 */
export type PathDecoding = 'once' | 'twice';

/** Undefined: the gateway refuses it. */
export function decodePath(raw: string, decoding: PathDecoding = 'once'): string | undefined {
  if (!raw.startsWith('/')) return undefined;
  const once = decode(raw)?.replace(/\?.*$/s, '');
  return once !== undefined && decoding === 'twice' ? decode(once) : once;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
