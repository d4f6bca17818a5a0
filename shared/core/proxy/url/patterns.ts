// Patterns of paths: `*` matches any run of characters, including slashes; every other character matches itself. The
// time that a match takes is linear in the path, whatever the pattern.

/** Compares both sides as they are given. */
export function matchesPattern(pattern: string, path: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] as string;
  if (parts.length === 1) return path === first;
  const last = parts.at(-1) as string;
  if (path.length < first.length + last.length) return false;
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  let at = first.length;
  const end = path.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
