// What a module exports, with the sentences that stand above each declaration: read from the sources, without a compiler.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'vite';
import { root } from '../bundle.ts';
import { type Doc, docBefore } from './doc.ts';
import { headOf, type Member, membersOf } from './signatures.ts';

export interface Exported {
  name: string;
  kind: 'class' | 'function' | 'interface' | 'type' | 'value';
  /** As TypeScript; an interface has its name and what it extends, and no members. */
  head: string;
  doc: Doc;
  members: Member[];
}

export type Node = { type: string; start: number; end: number; [key: string]: unknown };

export interface Source {
  text: string;
  body: Node[];
  comments: { type: string; value: string; start: number; end: number }[];
}

/** By name. `file` is a path from the repository's root. */
export function exportsOf(file: string): Exported[] {
  const names = new Map(namesIn(file).map((one) => [one.name, one]));
  const found = [...names.values()].flatMap(({ name, from, local }) => declared(from, local, name));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Name {
  name: string;
  from: string;
  local: string;
}

function namesIn(file: string): Name[] {
  return sourceOf(file).body.flatMap((statement): Name[] => {
    const source = (statement.source as { value: string } | null | undefined)?.value;
    const target = source === undefined ? file : fileOf(source, file);
    if (statement.type === 'ExportAllDeclaration' && target) return namesIn(target);
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const declaration = statement.declaration as Node | null;
    if (declaration) {
      return namesDeclared(declaration).map((name) => ({ name, from: file, local: name }));
    }
    if (!target) return [];
    return (statement.specifiers as Node[]).map(({ local, exported }) => ({
      name: nameOf(exported),
      from: target,
      local: nameOf(local),
    }));
  });
}

/** The declaration itself, wherever it is passed on from. A function has one for each of its signatures. */
function declared(file: string, local: string, name: string): Exported[] {
  const { text, body, comments } = sourceOf(file);
  const own = body.filter((statement) =>
    namesDeclared((statement.declaration as Node | null) ?? statement).includes(local),
  );
  if (own.length === 0) {
    const elsewhere = namesIn(file).find((other) => other.name === local && other.from !== file);
    const imported = elsewhere ?? importOf(body, local, file);
    return imported ? declared(imported.from, imported.local, name) : [];
  }
  const source = { text, body, comments };
  const signatures = own.length > 1 ? own.filter((one) => !bodyOf(one)) : own;
  return signatures.map((statement) => {
    const declaration = (statement.declaration as Node | null) ?? statement;
    return {
      name,
      kind: kinds[declaration.type] ?? 'value',
      head: headOf(source, declaration, name),
      doc: docBefore(source, statement.start),
      members: membersOf(source, declaration),
    };
  });
}

const bodyOf = (statement: Node) => ((statement.declaration as Node | null) ?? statement).body;

const kinds: Record<string, Exported['kind']> = {
  TSInterfaceDeclaration: 'interface',
  TSTypeAliasDeclaration: 'type',
  ClassDeclaration: 'class',
  FunctionDeclaration: 'function',
  TSDeclareFunction: 'function',
};

function namesDeclared(node: Node): string[] {
  if (node.type === 'VariableDeclaration') {
    return (node.declarations as Node[]).map(({ id }) => nameOf(id));
  }
  return kinds[node.type] ? [nameOf(node.id)] : [];
}

function importOf(body: Node[], local: string, file: string): Omit<Name, 'name'> | undefined {
  for (const statement of body) {
    if (statement.type !== 'ImportDeclaration') continue;
    const one = (statement.specifiers as Node[]).find(
      (specifier) => nameOf(specifier.local) === local,
    );
    const from = fileOf((statement.source as { value: string }).value, file);
    if (one && from) return { from, local: nameOf(one.imported) };
  }
  return undefined;
}

const nameOf = (identifier: unknown): string => (identifier as { name: string }).name;

/** Returns undefined for a library of others. */
function fileOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith('#')) return import.meta.resolve(specifier).slice(rootUrl.length);
  return undefined;
}

const rootUrl = new URL('../../', import.meta.url).href;

const read = new Map<string, Source>();

function sourceOf(file: string): Source {
  const known = read.get(file);
  if (known) return known;
  const text = readFileSync(join(root, file), 'utf8');
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const source = { text, body: program.body as unknown as Node[], comments };
  read.set(file, source);
  return source;
}
