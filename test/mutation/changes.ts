// The small faults that can be put in the place of one node of a syntax tree.

export interface Span {
  start: number;
  end: number;
}

export type Kind =
  | 'and-or'
  | 'await'
  | 'boolean'
  | 'boundary'
  | 'call'
  | 'early exit'
  | 'equality'
  | 'list'
  | 'negation'
  | 'number'
  | 'pattern'
  | 'string';

export type Node = { type: string; start: number; end: number; [key: string]: unknown };
export type Change = { kind: Kind; at: Span; to: string; host?: Node };

export function changesOf(node: Node, textOf: (node: Node) => string): Change[] {
  const whole = (kind: Kind, to: string): Change[] => [{ kind, at: node, to }];
  switch (node.type) {
    case 'LogicalExpression':
    case 'BinaryExpression':
      return operatorChanges(node, textOf);
    case 'UnaryExpression':
      return node.operator === '!' ? whole('negation', textOf(node.argument as Node)) : [];
    case 'ConditionalExpression':
      return negated(node.test as Node, textOf);
    case 'IfStatement':
      return [
        ...negated(node.test as Node, textOf),
        ...(exits(node) ? whole('early exit', ';') : []),
      ];
    case 'ExpressionStatement':
      return statementChanges(node, textOf);
    case 'ArrayExpression':
      return (node.elements as Node[]).flatMap((_, index) => withoutElement(node, index));
    case 'Literal':
      return literalChanges(node, textOf);
    default:
      return [];
  }
}

const operators: Record<string, [Kind, string]> = {
  '&&': ['and-or', '||'],
  '||': ['and-or', '&&'],
  '<': ['boundary', '<='],
  '<=': ['boundary', '<'],
  '>': ['boundary', '>='],
  '>=': ['boundary', '>'],
  '===': ['equality', '!=='],
  '!==': ['equality', '==='],
};

function operatorChanges(node: Node, textOf: (node: Node) => string): Change[] {
  const [kind, to] = operators[node.operator as string] ?? [];
  if (!kind) return [];
  const left = node.left as Node;
  const right = node.right as Node;
  const between = textOf({ ...node, start: left.end, end: right.start });
  const start = left.end + between.indexOf(node.operator as string);
  return [{ kind, at: { start, end: start + (node.operator as string).length }, to: to as string }];
}

/** A comparison and a `!` have changes of their own that say the same. */
function negated(test: Node, textOf: (node: Node) => string): Change[] {
  const same = test.operator === '!' || operators[test.operator as string]?.[0] === 'equality';
  return same ? [] : [{ kind: 'negation', at: test, to: `!(${textOf(test)})`, host: test }];
}

function exits({ consequent, alternate }: Node): boolean {
  if (alternate) return false;
  const block = consequent as Node;
  const last = block.type === 'BlockStatement' ? (block.body as Node[]).at(-1) : block;
  return /^(Return|Throw|Continue|Break)Statement$/.test(last?.type ?? '');
}

function statementChanges(node: Node, textOf: (node: Node) => string): Change[] {
  const expression = node.expression as Node;
  if (expression.type === 'CallExpression') return [{ kind: 'call', at: node, to: ';' }];
  if (expression.type !== 'AwaitExpression') return [];
  return [
    { kind: 'await', at: node, to: `void (${textOf(expression.argument as Node)});` },
    { kind: 'call', at: node, to: ';' },
  ];
}

function withoutElement(node: Node, index: number): Change[] {
  const elements = node.elements as (Node | null)[];
  const element = elements[index];
  if (!element) return [];
  const next = elements[index + 1];
  const end = next ? next.start : element.end;
  return [{ kind: 'list', at: { start: element.start, end }, to: '' }];
}

function literalChanges(node: Node, textOf: (node: Node) => string): Change[] {
  const { value } = node;
  const whole = (kind: Kind, to: string): Change[] => [{ kind, at: node, to }];
  if (typeof value === 'boolean') return whole('boolean', String(!value));
  if (typeof value === 'number') {
    return whole('number', String(value < 10 ? value + 1 : value * 10));
  }
  // A sentence for people may be worded otherwise; a name may not.
  if (typeof value === 'string') {
    return /[\s]/.test(value) ? [] : whole('string', `'${value ? 'x' : 'mutant'}${plain(value)}'`);
  }
  return node.regex ? patternChanges(textOf(node)).flatMap((to) => whole('pattern', to)) : [];
}

const plain = (text: string) => text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n');

function patternChanges(pattern: string): string[] {
  const end = pattern.lastIndexOf('/');
  const [body, flags] = [pattern.slice(1, end), pattern.slice(end + 1)];
  return [
    body.startsWith('^') && `/${body.slice(1)}/${flags}`,
    body.endsWith('$') && `/${body.slice(0, -1)}/${flags}`,
    body.includes('+') && `/${body.replace('+', '*')}/${flags}`,
    flags.includes('i') && `/${body}/${flags.replace('i', '')}`,
  ].filter((changed) => changed !== false);
}
