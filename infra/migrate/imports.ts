// Removes the imports from Okta's packages that nothing uses any more, and adds those that the edits need.
import type { Framework } from './rules.ts';
import { names, replaced } from './text.ts';

const packages = {
  '@okta/okta-react': 'react',
  '@okta/okta-angular': 'angular',
  '@okta/okta-vue': 'vue',
  '@okta/okta-auth-js': 'client',
} as const satisfies Record<string, Framework>;

type Package = keyof typeof packages;

export const oktaPackages = Object.keys(packages) as Package[];

const offered: Record<Framework, string[]> = {
  react: ['BffProvider', 'useBff', 'useSession'],
  angular: ['BFF', 'injectSession', 'provideBff', 'signedIn'],
  vue: ['bffPlugin', 'signedIn', 'useBff', 'useSession'],
  client: [],
};

/** Returns undefined when the file imports nothing from Okta's packages. */
export function frameworkOf(source: string): Framework | undefined {
  const found = oktaPackages.find((name) => new RegExp(`from\\s+['"]${name}['"]`).test(source));
  return found && packages[found];
}

export interface Imports {
  /** The source without its imports from Okta's packages. */
  rest: string;
  /** Where they were. */
  at: number;
  statements: string[];
}

const statement = /^[ \t]*import\s+([^;'"]*?)\s+from\s+(['"]) *\2;?[ \t]*\n?/m;

export function withoutImports(source: string): Imports {
  const statements: string[] = [];
  let at: number | undefined;
  const rest = replaced(source, statement, ({ match, from }) => {
    const whole = source.slice(from, from + match[0].length);
    if (!oktaPackages.some((name) => whole.includes(`'${name}'`) || whole.includes(`"${name}"`)))
      return undefined;
    at ??= from;
    statements.push(whole);
    return '';
  });
  return { rest, at: at ?? 0, statements };
}

/** `edited` is the rest after the rules. All edits are below the imports, so the place of the imports has not moved. */
export function withImports(
  edited: string,
  { at, statements }: Imports,
  framework: Framework,
): string {
  const of = (module: string, wanted: string[]) =>
    wanted.length > 0 ? [`import { ${wanted.join(', ')} } from 'okta-dpop-bff/${module}';\n`] : [];
  const lines = [
    ...of('client', [
      ...['createBff'].filter((name) => names(edited, name)),
      ...(names(edited, 'Bff') ? ['type Bff'] : []),
    ]),
    ...of(
      `client/${framework}`,
      offered[framework].filter((name) => names(edited, name)),
    ),
    ...statements.map((whole) => stillUsed(whole, edited)),
  ];
  return edited.slice(0, at) + lines.join('') + edited.slice(at);
}

function stillUsed(whole: string, edited: string): string {
  const [, specifiers = ''] = /import\s+(?:type\s+)?(.*?)\s+from/s.exec(whole) ?? [];
  const isUsed = (specifier: string) => names(edited, specifier.split(/\s+/).at(-1) ?? '');
  const all = specifiers
    .split(/[{},]/)
    .map((name) => name.trim())
    .filter(Boolean);
  const used = all.filter(isUsed);
  if (used.length === 0) return '';
  return /^\{[^{}]*\}$/.test(specifiers)
    ? whole.replace(/\{[^{}]*\}/, `{ ${used.join(', ')} }`)
    : whole;
}
