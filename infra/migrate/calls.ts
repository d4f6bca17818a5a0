// What an app calls on okta-auth-js itself.
import { behind } from './mask.ts';
import { type Rule, replaced } from './text.ts';

/** Parameters of okta-auth-js that the client's `login` has under another name. */
const loginOptions: Record<string, string> = {
  originalUri: 'returnTo',
  loginHint: 'loginHint',
  acrValues: 'acrValues',
  prompt: 'prompt',
  maxAge: 'maxAge',
};

const auth = String.raw`(?<![\w$.])((?:this\s*\.\s*)?[#_$]?(?:oktaAuth|okta|auth))`;

/** `x.signOut()` becomes `x.logout()`, and so on. The name of the variable stays. */
export const signInAndOut: Rule = (source) =>
  replaced(
    source,
    new RegExp(
      `${auth}\\s*\\.\\s*(signInWithRedirect|signOut|closeSession|clearDPoPStorage|isAuthenticated)\\s*\\(`,
    ),
    ({ match, masked, source: text }) => {
      const [whole, receiver = '', method] = match;
      const open = match.index + whole.length - 1;
      const to = behind(masked, open);
      if (to === undefined) return undefined;
      const given = text.slice(open + 1, to - 1).trim();
      if (method === 'signInWithRedirect') {
        const options = loginArguments(given);
        return options === undefined ? undefined : { text: `${receiver}.login(${options})`, to };
      }
      if (given !== '') return undefined;
      if (method === 'signOut') return { text: `${receiver}.logout()`, to };
      if (method === 'closeSession') return { text: `${receiver}.logout({ onlyHere: true })`, to };
      return undefined;
    },
  );

/** Returns undefined when it is more than an object of known options. */
function loginArguments(given: string): string | undefined {
  if (given === '') return '';
  const inner = /^\{([^{}]*)\}$/s.exec(given)?.[1];
  if (inner === undefined) return undefined;
  const fields = inner
    .split(',')
    .map((field) => field.trim())
    .filter(Boolean)
    .map((field) => /^(\w+)\s*:\s*(.+)$/s.exec(field) ?? /^(\w+)()$/.exec(field));
  const renamed = fields.map((field) => {
    const [, name = '', value] = field ?? [];
    const now = loginOptions[name];
    if (!now) return undefined;
    return value ? `${now}: ${value}` : now === name ? name : `${now}: ${name}`;
  });
  return renamed.includes(undefined) ? undefined : `{ ${renamed.join(', ')} }`;
}

export const isAuthenticated: Rule = (source) =>
  replaced(
    source,
    new RegExp(`await\\s+${auth}\\s*\\.\\s*isAuthenticated\\s*\\(\\s*\\)`),
    ({ match }) => `(await ${match[1]}.session()).authenticated`,
  );

/** There is nothing to clear: the browser no longer has these keys. */
export const clearStorage: Rule = (source) =>
  replaced(
    source,
    new RegExp(
      `^[ \\t]*(?:await\\s+)?${auth}\\s*\\.\\s*clearDPoPStorage\\s*\\([^()]*\\);?[ \\t]*\\n`,
      'm',
    ),
    () => '',
  );
