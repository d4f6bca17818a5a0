// Finds the regular expressions of source files, and tells which of them can be made to work more than in proportion to
// their input. recheck reads the automaton of a pattern or counts the steps of its own matcher: no clock is involved.
import { glob, readFile } from 'node:fs/promises';
import { check } from 'recheck';
import { parseSync } from 'vite';

export interface Pattern {
  file: string;
  /** As it stands in the source. */
  literal: string;
  regex: RegExp;
}

interface Found {
  patterns: Pattern[];
  /** Files that put patterns together at run time, where nobody can read them. */
  made: string[];
}

export async function patternsIn(...folders: string[]): Promise<Found> {
  const found: Found = { patterns: [], made: [] };
  for await (const file of glob(folders.map((folder) => `${folder}/**/*.ts`))) {
    const { program, errors } = parseSync(file, await readFile(file, 'utf8'));
    if (errors.length > 0) throw new Error(`${file} cannot be parsed`);
    walk(program, (node) => {
      if (isCallTo(node, 'RegExp')) found.made.push(file);
      if (!isRegex(node)) return;
      const { pattern, flags } = node.regex;
      const literal = `/${pattern}/${flags}`;
      found.patterns.push({ file, literal, regex: new RegExp(pattern, flags) });
    });
  }
  return found;
}

type Node = Record<string, unknown>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return;
  if (!Array.isArray(value)) visit(value as Node);
  for (const child of Object.values(value)) walk(child, visit);
}

const isRegex = (node: Node): node is { regex: { pattern: string; flags: string } } =>
  node.type === 'Literal' && typeof node.regex === 'object' && node.regex !== null;

const isCallTo = ({ type, callee }: Node, name: string) =>
  (type === 'NewExpression' || type === 'CallExpression') && (callee as Node).name === name;

/** The worst that a pattern can be fed, with how the work grows; undefined when the work is linear at most. */
export async function worstOf({ regex }: Pattern): Promise<string | undefined> {
  // Otherwise recheck looks for a native program or for Java, and what it finds differs between machines.
  process.env.RECHECK_BACKEND = 'pure';
  const verdict = await check(regex.source, regex.flags, { randomSeed: 1, timeout: null });
  if (verdict.status === 'safe') return undefined;
  if (verdict.status === 'unknown') return `not judged: ${verdict.error.kind}`;
  return `${verdict.complexity.summary}: ${verdict.attack.pattern}`;
}
