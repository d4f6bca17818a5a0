// Reads a header line from left to right, with sticky patterns: challenges and links.

export interface Scanner {
  /** What stands here, if it has this form; then the scanner stands behind it. */
  take(pattern: RegExp): RegExpExecArray | null;
  atEnd(): boolean;
}

export function scanner(line: string): Scanner {
  let at = 0;
  return {
    take(pattern) {
      pattern.lastIndex = at;
      const match = pattern.exec(line);
      if (match) at = pattern.lastIndex;
      return match;
    },
    atEnd: () => at >= line.length,
  };
}
