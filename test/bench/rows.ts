// The table that a run prints: what was measured, and the goal where there is one.
import { readFile, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { root } from '#infra/bundle.ts';

export type Row = (what: string, measured: string, goal?: string) => void;

export function rowsOfRun(): { row: Row; table(): string } {
  const rows: string[][] = [];
  return {
    row: (what, measured, goal = '') => {
      rows.push([what, measured, goal]);
      console.error(`${what}: ${measured}${goal && `  (goal: ${goal})`}`);
    },
    table: () =>
      [['what', 'measured', 'goal'], ['---', '---', '---'], ...rows]
        .map((cells) => `| ${cells.join(' | ')} |`)
        .join('\n'),
  };
}

const numbers = join(root, 'docs/numbers.md');
const [begin, end] = ['<!-- npm run bench -- --write -->', '<!-- end -->'];

/** Between two marks of docs/numbers.md, under the machine and the date. */
export async function writeTable(table: string): Promise<void> {
  const page = await readFile(numbers, 'utf8');
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${numbers} lacks the marks of the table`);
  const [{ model = 'unknown' } = {}] = cpus();
  const machine = `${availableParallelism()} cores (${model.trim()}), ${platform()} ${arch()}, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  const written = `${begin}\n\n${date}, ${machine}:\n\n${table}\n\n`;
  await writeFile(numbers, page.slice(0, before) + written + page.slice(after));
}
