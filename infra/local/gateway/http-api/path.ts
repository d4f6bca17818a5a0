// The path as an HTTP API passes it on: percent-decoded, and cut at a decoded question mark. An encoded slash arrives
// as a slash.

/**
 * `once` follows the documentation. Captures of live APIs differ for what is encoded twice: some show it decoded twice
 * (%252F is a slash, and a lone %25 is refused). `twice` imitates that, so that tests can show that both are safe.
 */
export type PathDecoding = 'once' | 'twice';

/** Returns undefined when the gateway refuses the path. */
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
