// A unified diff of two short texts.

const context = 3;

type Line = [sign: ' ' | '-' | '+', text: string];

export function unifiedDiff(path: string, before: string, after: string): string {
  const lines = compared(before.split('\n'), after.split('\n'));
  const shown = new Set<number>();
  for (const [at, [sign]] of lines.entries()) {
    if (sign === ' ') continue;
    for (let near = at - context; near <= at + context; near++) shown.add(near);
  }
  const out = [`--- ${path}`, `+++ ${path}`];
  let old = 1;
  let fresh = 1;
  let hunk: { at: string; lines: string[]; old: number; fresh: number } | undefined;
  const flush = () => {
    if (!hunk) return;
    const [from, to] = hunk.at.split(' ');
    out.push(`@@ -${from},${hunk.old} +${to},${hunk.fresh} @@`, ...hunk.lines);
    hunk = undefined;
  };
  for (const [at, [sign, text]] of lines.entries()) {
    if (shown.has(at)) {
      hunk ??= { at: `${old} ${fresh}`, lines: [], old: 0, fresh: 0 };
      hunk.lines.push(sign + text);
      if (sign !== '+') hunk.old++;
      if (sign !== '-') hunk.fresh++;
    } else flush();
    if (sign !== '+') old++;
    if (sign !== '-') fresh++;
  }
  flush();
  return `${out.join('\n')}\n`;
}

/** The shortest way from one to the other (Myers, "An O(ND) Difference Algorithm"): few edits in a long file cost little. */
function compared(before: string[], after: string[]): Line[] {
  /** By diagonal, how far one comes in `before` with so many edits. */
  const reached: Map<number, number>[] = [];
  let newest = new Map([[1, 0]]);
  for (let edits = 0; ; edits++) {
    const from = newest;
    reached.push(from);
    newest = new Map();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let a = cameFrom(from, diagonal, edits).a;
      while (a < before.length && a - diagonal < after.length && before[a] === after[a - diagonal])
        a++;
      newest.set(diagonal, a);
      if (a >= before.length && a - diagonal >= after.length)
        return walkedBack(reached, before, after);
    }
  }
}

/** The diagonal of the last edit, and where that edit leads: down for a line of `after`, else right. */
function cameFrom(from: Map<number, number>, diagonal: number, edits: number) {
  const [left, right] = [from.get(diagonal - 1) ?? -1, from.get(diagonal + 1) ?? -1];
  const isNew = diagonal === -edits || (diagonal !== edits && left < right);
  return isNew ? { isNew, a: right } : { isNew, a: left + 1 };
}

function walkedBack(reached: Map<number, number>[], before: string[], after: string[]): Line[] {
  const lines: Line[] = [];
  let [a, b] = [before.length, after.length];
  for (let edits = reached.length - 1; edits >= 0; edits--) {
    const { isNew, a: behind } = cameFrom(reached[edits] as Map<number, number>, a - b, edits);
    while (a > behind) {
      lines.push([' ', before[--a] ?? '']);
      b--;
    }
    if (edits === 0) break;
    lines.push(isNew ? ['+', after[--b] ?? ''] : ['-', before[--a] ?? '']);
  }
  return lines.reverse();
}
