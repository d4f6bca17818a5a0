// Declarations in one line: what a reader of an interface, a class or a function needs, and no implementation.
import { type Doc, docBefore } from './doc.ts';
import type { Node, Source } from './exports.ts';

export interface Member {
  name: string;
  type: string;
  doc: Doc;
}

export function headOf(source: Source, node: Node, name: string): string {
  const text = textOf(source);
  const generics = text(node.typeParameters);
  if (node.type === 'VariableDeclaration') {
    const [{ id, init }] = node.declarations as [{ id: Node; init: Node | null }];
    if (id.typeAnnotation) return `const ${name}${text(id.typeAnnotation)}`;
    return init?.type === 'ArrowFunctionExpression' ? functionHead(source, init, name) : name;
  }
  if (node.type === 'TSTypeAliasDeclaration') {
    return `type ${name}${generics} = ${text(node.typeAnnotation)}`;
  }
  if (node.type === 'TSInterfaceDeclaration') {
    const bases = (node.extends as Node[]).map(text);
    return `interface ${name}${generics}${bases.length > 0 ? ` extends ${bases.join(', ')}` : ''}`;
  }
  if (node.type === 'ClassDeclaration') {
    const base = node.superClass ? ` extends ${text(node.superClass)}` : '';
    return `class ${name}${generics}${base}`;
  }
  return functionHead(source, node, name);
}

export function membersOf(source: Source, node: Node): Member[] {
  const body = (node.body as Node | null | undefined)?.body;
  const isType = node.type === 'TSInterfaceDeclaration' || node.type === 'ClassDeclaration';
  if (!isType || !Array.isArray(body)) return [];
  return (body as Node[]).filter(isPublic).map((member) => ({
    ...namedType(source, member),
    doc: docBefore(source, member.start),
  }));
}

function isPublic({ type, key, accessibility }: Node): boolean {
  const { type: kind, name } = (key ?? {}) as { type?: string; name?: string };
  return (
    type !== 'StaticBlock' &&
    kind !== 'PrivateIdentifier' &&
    accessibility !== 'private' &&
    !name?.startsWith('_')
  );
}

function namedType(source: Source, member: Node): Omit<Member, 'doc'> {
  const text = textOf(source);
  const type = (annotation: unknown) => text(annotation).replace(/^: /, '');
  const called = member.type === 'MethodDefinition' ? (member.value as Node) : member;
  if (member.type === 'TSIndexSignature') {
    return { name: '[name]', type: type(member.typeAnnotation) };
  }
  const name = text(member.key);
  if (member.kind === 'get') return { name, type: type(called.returnType) };
  if (name === 'constructor') return { name: 'new', type: parameters(source, called) };
  if (Array.isArray(called.params)) return { name, type: functionHead(source, called, '') };
  return member.optional
    ? { name: `${name}?`, type: type(member.typeAnnotation).replace(/ \| undefined$/, '') }
    : { name, type: type(member.typeAnnotation) };
}

const functionHead = (source: Source, node: Node, name: string): string =>
  `${name}${textOf(source)(node.typeParameters)}${parameters(source, node)}${textOf(source)(node.returnType)}`;

function parameters(source: Source, { params }: Node): string {
  return `(${(params as Node[]).map((one) => parameter(source, one)).join(', ')})`;
}

/** A pattern is an implementation: what counts is its type. */
function parameter(source: Source, node: Node): string {
  const text = textOf(source);
  if (node.type === 'AssignmentPattern') {
    return parameter(source, node.left as Node).replace(/^(\w+)(?=:|$)/, '$1?');
  }
  if (node.type === 'ObjectPattern') return `options${text(node.typeAnnotation)}`;
  return text(node);
}

/** In one line, without comments. */
const textOf =
  ({ text, comments }: Source) =>
  (part: unknown): string => {
    const node = part as Node | null | undefined;
    if (!node) return '';
    let rest = '';
    let at = node.start;
    for (const { start, end } of comments) {
      if (start < at || end > node.end) continue;
      rest += text.slice(at, start);
      at = end;
    }
    const line = (rest + text.slice(at, node.end)).replace(/\s+/g, ' ').trim();
    // A union that is written over several lines begins with a bar.
    return line.replace(/^(: )?\| /, '$1');
  };
