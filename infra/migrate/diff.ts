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

/** By their longest common subsequence; a source file is short enough for the plain table. */
function compared(before: string[], after: string[]): Line[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (a: number, b: number) => common[a * width + b] ?? 0;
  for (let a = before.length - 1; a >= 0; a--)
    for (let b = after.length - 1; b >= 0; b--)
      common[a * width + b] =
        before[a] === after[b] ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1));
  const lines: Line[] = [];
  let [a, b] = [0, 0];
  while (a < before.length || b < after.length) {
    if (a < before.length && b < after.length && before[a] === after[b]) {
      lines.push([' ', before[a] ?? '']);
      a++;
      b++;
    } else if (a < before.length && (b === after.length || at(a + 1, b) >= at(a, b + 1))) {
      lines.push(['-', before[a++] ?? '']);
    } else lines.push(['+', after[b++] ?? '']);
  }
  return lines;
}
