// Times and columns in a readable form.

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** `3 d`, `5 h`, `12 min`, `under a minute`. */
export function spanOfTime(seconds: number): string {
  for (const [name, length] of units) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${name}`;
  }
  return 'under a minute';
}

export const ago = (at: number, now: number): string =>
  now - at < 60 ? 'just now' : `${spanOfTime(now - at)} ago`;

export const ahead = (at: number, now: number): string =>
  at <= now ? 'now' : at - now < 60 ? 'within a minute' : `in ${spanOfTime(at - now)}`;

/** Columns as wide as their content; the last one is not padded. `paint` gets each cell once its width is known. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, place: { row: number; column: number }) => string = (cell) => cell,
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], row: number) =>
    cells
      .map((cell, column) => {
        const width = column === cells.length - 1 ? 0 : (widths[column] ?? 0) + 2;
        return paint(cell, { row, column }) + ' '.repeat(Math.max(0, width - cell.length));
      })
      .join('')
      .trimEnd();
  return [head, ...rows].map((cells, at) => `  ${line(cells, at - 1)}`).join('\n');
}
