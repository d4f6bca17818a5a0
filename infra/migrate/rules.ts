// The mechanical edits, one rule each. A rule that does not understand a place leaves it alone.
import { clearStorage, isAuthenticated, signInAndOut } from './calls.ts';
import { behind } from './mask.ts';
import { type Edit, type Found, type Rule, replaced } from './text.ts';

const state: Rule = (source) => {
  const claims = replaced(
    source,
    /(?<![\w$.])authState\s*\??\.\s*idToken\s*\??\.\s*claims(?![\w$])/,
    () => 'authState.session?.user',
  );
  const known = replaced(
    claims,
    /(?<![\w$.])authState\s*\??\.\s*isAuthenticated(?![\w$])/,
    () => 'authState.session',
  );
  const pending = replaced(
    known,
    /(?<![\w$.])authState\s*\??\.\s*isPending(?![\w$])/,
    () => 'authState.isLoading',
  );
  return replaced(
    pending,
    /(!\s*)?!\s*authState(?![\w$])(?!\s*\??\.)/,
    ({ match: [, twice] }) => `authState.kind ${twice ? '!' : '='}== 'unknown'`,
  );
};

/** `new OktaAuth({ … })` becomes `createBff()`: what it was given is the broker's configuration now. */
const construction: Rule = (source) =>
  replaced(source, /(?<![\w$])new\s+OktaAuth\s*\(/, (found) => closed(found, 'createBff()'));

const hook: Rule = (source) =>
  replaced(
    source,
    /^([ \t]*)const\s+\{([^{}]*)\}\s*=\s*useOktaAuth\s*\(\s*\);?/m,
    ({ match: [, indent = '', wanted = ''] }) => {
      const taken = wanted
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean);
      if (!taken.every((name) => name === 'oktaAuth' || name === 'authState')) return undefined;
      return [
        ...(taken.includes('oktaAuth') ? [`${indent}const oktaAuth = useBff();`] : []),
        ...(taken.includes('authState') ? [`${indent}const authState = useSession();`] : []),
      ].join('\n');
    },
  );

const security: Rule = (source) => {
  const opened = replaced(source, /<Security(?![\w$])/, ({ masked, from }) => {
    const to = endOfTag(masked, from);
    if (to === undefined) return undefined;
    // Without it, the provider would make a client of its own, and the app's would be unused.
    const own = /\boktaAuth=\{\s*([\w$]+)\s*\}/.exec(masked.slice(from, to))?.[1];
    return { text: own ? `<BffProvider bff={${own}}>` : '<BffProvider>', to };
  });
  return replaced(opened, /<\/Security\s*>/, () => '</BffProvider>');
};

/** The broker serves its own callback. */
const callbackElement: Rule = (source) =>
  replaced(source, /^[ \t]*<Route(?![\w$])/m, ({ masked, from }) => {
    const start = masked.indexOf('<', from);
    const to = endOfTag(masked, start);
    if (to === undefined || !masked.slice(start, to).endsWith('/>')) return undefined;
    if (!/<LoginCallback(?![\w$])|\{\s*LoginCallback\s*\}/.test(masked.slice(start, to)))
      return undefined;
    return { text: '', to: masked[to] === '\n' ? to + 1 : to };
  });

/** Behind the `>` of the tag that begins at `start`: attributes may hold tags and arrows of their own, in braces. */
function endOfTag(masked: string, start: number): number | undefined {
  for (let at = start; at < masked.length; at++) {
    if (masked[at] === '>') return at + 1;
    if (masked[at] !== '{') continue;
    const to = behind(masked, at);
    if (to === undefined) return undefined;
    at = to - 1;
  }
  return undefined;
}

const callbackRoute: Rule = (source) =>
  replaced(
    source,
    /[ \t]*\{[^{}]*(?<![\w$])component\s*:\s*(?:OktaCallbackComponent|LoginCallback)(?![\w$])[^{}]*\},?[ \t]*\n?/,
    () => '',
  );

const angular: Rule[] = [
  (source) => replaced(source, /(?<![\w$])OktaAuthGuard(?![\w$])/, () => 'signedIn'),
  (source) => replaced(source, /(?<![\w$])OKTA_AUTH(?![\w$])/, () => 'BFF'),
  (source) => replaced(source, /(?<=[:<]\s*)OktaAuth(?![\w$])/, () => 'Bff'),
  (source) =>
    replaced(
      source,
      /(?<![\w$])importProvidersFrom\s*\(\s*OktaAuthModule\s*\.\s*forRoot\s*\(/,
      (found) => {
        const inner = closedAt(found);
        const to =
          inner === undefined
            ? undefined
            : /^\s*,?\s*\)/.exec(found.masked.slice(inner))?.[0].length;
        return inner === undefined || to === undefined
          ? undefined
          : { text: 'provideBff()', to: inner + to };
      },
    ),
];

/** Once each page has a guard of its own. */
const navigationGuard: Rule = (source) =>
  /(?<![\w$])requiresAuth(?![\w$])/.test(source)
    ? source
    : replaced(
        source,
        /^[ \t]*[\w$]+\s*\.\s*beforeEach\s*\(\s*navigationGuard\s*\);?[ \t]*\n/m,
        () => '',
      );

const vue: Rule[] = [
  (source) =>
    replaced(
      source,
      /\.use\s*\(\s*OktaVue\s*,\s*\{\s*oktaAuth\s*(?::\s*([\w$]+)\s*)?\}\s*\)/,
      ({ match }) => {
        return `.use(bffPlugin, { bff: ${match[1] ?? 'oktaAuth'} })`;
      },
    ),
  (source) =>
    /(?<![\w$.])oktaAuth(?![\w$])/.test(source)
      ? replaced(
          source,
          /(?<![\w$])meta\s*:\s*\{\s*requiresAuth\s*:\s*true\s*,?\s*\}/,
          () => 'beforeEnter: signedIn(oktaAuth)',
        )
      : source,
  navigationGuard,
];

const closedAt = ({ masked, match }: Found) => behind(masked, match.index + match[0].length - 1);
const closed = (found: Found, text: string): Edit => {
  const to = closedAt(found);
  return to === undefined ? undefined : { text, to };
};

export type Framework = 'react' | 'angular' | 'vue' | 'client';

export const rulesOf = (framework: Framework): Rule[] => [
  clearStorage,
  isAuthenticated,
  signInAndOut,
  state,
  construction,
  ...{
    react: [hook, security, callbackElement],
    angular: [...angular, callbackRoute],
    vue: [...vue, callbackRoute],
    client: [],
  }[framework],
];
