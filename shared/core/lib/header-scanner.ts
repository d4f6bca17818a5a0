// Reads a header line from left to right with sticky patterns. Challenges and links are read with it.

export interface Scanner {
  /** Returns the match at the current position, if there is one, and moves behind it. */
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
