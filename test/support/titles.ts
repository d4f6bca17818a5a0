// The titles of tests as vitest reports them: those of their groups before their own. What a table of cases or a variable
// fills in is "…".
import { parseSync } from 'vite';

type Node = { type: string; [key: string]: unknown };

/** The sentences of one file of tests, or of a contract that such files share. */
export function titlesOf(path: string, source: string): string[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const titles: string[] = [];
  read(program, []);
  return titles;

  function read(value: unknown, groups: readonly string[]): void {
    if (Array.isArray(value)) for (const one of value) read(one, groups);
    if (!isNode(value)) return;
    const title = titleOf(value);
    const within = title === undefined ? groups : [...groups, title.text];
    if (title?.kind === 'test') titles.push(within.join(' > '));
    for (const part of Object.values(value)) read(part, within);
  }
}

/** Of `test('…', …)`, `describe.each(…)('…', …)` and their like. */
function titleOf(node: Node): { kind: 'group' | 'test'; text: string } | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const kind = kinds.get(calledName(node.callee));
  const [first, ...others] = node.arguments as Node[];
  const text = textOf(first);
  return kind && text !== undefined && others.length > 0 ? { kind, text } : undefined;
}

const kinds = new Map<unknown, 'group' | 'test'>([
  ['describe', 'group'],
  ['test', 'test'],
  ['it', 'test'],
]);

/** `test` of test(…), test.each(…)(…), test.skipIf(…)(…) and test.each`…`(…). */
function calledName(callee: unknown): unknown {
  if (!isNode(callee)) return undefined;
  return callee.type === 'Identifier'
    ? callee.name
    : calledName(callee.object ?? callee.callee ?? callee.tag);
}

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return plain(node.value);
  if (node?.type !== 'TemplateLiteral') return undefined;
  const parts = node.quasis as { value: { cooked: string } }[];
  return parts.map(({ value }) => plain(value.cooked)).join('…');
}

/** vitest's placeholders: %s and its like, $name and $name.part. */
const plain = (title: string) => title.replace(/%[sdifjoOc#]|\$[a-z][\w.]*/g, '…');

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
