// Survivors that no test should kill, each with its reason. An entry that matches no mutant of the tree any more fails a test.
export interface Explained {
  file: string;
  /** The line as it stands there. */
  code: string;
  original: string;
  replacement: string;
  /** `equivalent`: nothing can tell the mutant from the original. `harmless`: nobody has to. */
  kind: 'equivalent' | 'harmless';
  reason: string;
}

export const explained: readonly Explained[] = [];
