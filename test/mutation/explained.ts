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

export const explained: readonly Explained[] = [
  {
    file: 'shared/core/proxy/answer/json-links.ts',
    code: "while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('\"', quote + 1);",
    original: '>=',
    replacement: '>',
    kind: 'equivalent',
    reason: 'the search begins behind another quotation mark, so it finds none at 0',
  },
];
