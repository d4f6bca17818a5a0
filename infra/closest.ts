// "Did you mean": finds the known word that a mistyped one is closest to, if any is close.

export function closest(typed: string, known: readonly string[]): string | undefined {
  const near = known
    // A step changes the length by one at most, so most words need no counting.
    .filter((word) => Math.abs(word.length - typed.length) <= allowed(word))
    .map((word) => ({ word, steps: distance(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, steps }) => steps <= allowed(word))
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.word;
}

const allowed = (word: string) => Math.max(1, Math.floor(word.length / 4));

/** Counts letters that were added, left out, changed, or swapped with a neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? at(i - 2, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped));
    }
  }
  return at(a.length, b.length);
}
