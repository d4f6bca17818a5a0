// One file of an app that uses Okta's packages, with the mechanical part of the migration done.
import { frameworkOf, withImports, withoutImports } from './imports.ts';
import { type Leftover, leftovers } from './leftovers.ts';
import { type Framework, rulesOf } from './rules.ts';

export interface Migrated {
  text: string;
  leftovers: Leftover[];
}

/** `framework` is the app's: a file may use only okta-auth-js itself. Returns undefined for a file without Okta. */
export function migrate(path: string, source: string, framework: Framework): Migrated | undefined {
  if (path.endsWith('.vue')) return migrateVue(source);
  if (path.endsWith('.html')) return template(source);
  if (frameworkOf(source)) {
    const text = edited(source, framework);
    return { text, leftovers: leftovers(text) };
  }
  // A test that mocks a package does not import it.
  const loads = /\(\s*['"]@okta\/okta-(?:react|angular|vue|auth-js)['"]/.test(source);
  return loads ? { text: source, leftovers: leftovers(source) } : undefined;
}

function edited(source: string, framework: Framework): string {
  const imports = withoutImports(source);
  const text = rulesOf(framework).reduce((rest, rule) => rule(rest), imports.rest);
  return withImports(text, imports, framework);
}

/** Only its scripts are edited. */
function migrateVue(source: string): Migrated | undefined {
  if (!frameworkOf(source) && !/\$auth\b|['"]okta\.auth/.test(source)) return undefined;
  const text = source.replace(
    /(<script[^>]*>\n?)(.*?)(<\/script>)/gs,
    (_, open: string, code: string, close: string) => open + edited(code, 'vue') + close,
  );
  return { text, leftovers: leftovers(text) };
}

/** Angular's templates are not edited: what replaces `authState$` is a signal of the component. */
const template = (text: string): Migrated | undefined =>
  /authState\$/.test(text) ? { text, leftovers: leftovers(text) } : undefined;
