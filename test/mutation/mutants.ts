// Every small fault that can be put into a source by changing one place of its syntax tree.
import { createHash } from 'node:crypto';
import { parseSync } from 'vite';
import { changesOf, type Kind, type Node, type Span } from './changes.ts';

export interface Mutant {
  /** The same for the same change of the same line, wherever that line has moved to. */
  key: string;
  file: string;
  line: number;
  /** The line as it stands there. */
  code: string;
  kind: Kind;
  start: number;
  end: number;
  /** What stands there, and what takes its place. */
  original: string;
  replacement: string;
  /** The smallest expression or statement around it that something else can take the place of. */
  host: Span & { isStatement: boolean };
}

export function mutantsOf(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const lines = source.split('\n');
  const textOf = ({ start, end }: Span) => source.slice(start, end);
  const mutants: Omit<Mutant, 'key'>[] = [];
  visit(program as unknown as Node);
  return withKeys(mutants.sort((a, b) => a.start - b.start));

  function visit(node: Node): void {
    for (const { kind, at, to, host = node } of changesOf(node, textOf)) {
      const line = source.slice(0, at.start).split('\n').length;
      mutants.push({
        file,
        line,
        code: lines[line - 1]?.trim() ?? '',
        kind,
        start: at.start,
        end: at.end,
        original: textOf(at),
        replacement: to,
        host: { start: host.start, end: host.end, isStatement: host.type.endsWith('Statement') },
      });
    }
    for (const child of childrenOf(node)) visit(child);
  }
}

/** Equal changes of equal lines are told apart by their order. */
function withKeys(mutants: readonly Omit<Mutant, 'key'>[]): Mutant[] {
  const seen = new Map<string, number>();
  return mutants.map((mutant) => {
    const { file, code, original, replacement } = mutant;
    const change = JSON.stringify([file, code, original, replacement]);
    const nth = seen.get(change) ?? 0;
    seen.set(change, nth + 1);
    return {
      ...mutant,
      key: createHash('sha256').update(`${change}${nth}`).digest('hex').slice(0, 16),
    };
  });
}

/** A mutant that is no TypeScript proves nothing. */
export const isViable = (source: string, mutant: Mutant): boolean =>
  parseSync(mutant.file, mutated(source, mutant)).errors.length === 0;

export const mutated = (source: string, { start, end, replacement }: Mutant): string =>
  source.slice(0, start) + replacement + source.slice(end);

function childrenOf(node: Node): Node[] {
  if (notRun.test(node.type) || node.directive) return [];
  return Object.entries(node).flatMap(([part, value]) => {
    // The name of a property or of a module is no value, and 'use client' no statement.
    if (part === 'source' || (part === 'key' && !node.computed)) return [];
    return [value].flat().filter(isNode);
  });
}

/** Types and imports are gone before anything runs. */
const notRun =
  /^(TS(?!AsExpression|SatisfiesExpression|NonNullExpression)|Import(?!Expression)|Export(All|Specifier))/;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
