// IAM's wildcards: `*` matches any number of characters, `?` matches one.

const patterns = new Map<string, RegExp>();

export function matches(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text;
  return patternOf(pattern).test(text);
}

/**
 * Part by part, as conditions compare ARNs: `*` in one part does not reach into the next, and the last part holds the
 * rest.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = partsOf(pattern);
  const parts = partsOf(arn);
  return wanted.length === parts.length && wanted.every((one, n) => matches(one, parts[n] ?? ''));
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known) return known;
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const made = new RegExp(`^${literal.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 's');
  patterns.set(pattern, made);
  return made;
}
