// The lines that somebody has to change by hand, each with what to do.
import { mask } from './mask.ts';

export interface Leftover {
  line: number;
  /** The code, shortened. */
  code: string;
  todo: string;
}

const hints: [pattern: RegExp, todo: string][] = [
  [
    /[mM]ock\s*\(\s*['"]@okta\//,
    'a test gets its session from fakeBroker() of okta-dpop-bff/client/testing',
  ],
  [
    /get(?:OrRenew)?AccessToken|getIdToken|tokenManager|renewTokens|authState\s*\??\.\s*(?:access|refresh)Token/,
    'there is no token: call bff.fetch with a path, and delete the Authorization header',
  ],
  [
    /getDPoPAuthorizationHeaders|parseUseDPoPNonceError/,
    'the broker makes the proofs: call bff.fetch, or delete the interceptor',
  ],
  [
    /signInWithCredentials|OktaSignIn|\.idx\b/,
    'an embedded sign-in ends: people sign in on Okta’s own page',
  ],
  [/SecureRoute|RequiredAuth|withOktaAuth/, 'protect the page by the session (step 3b)'],
  [/OktaAuthStateService|authState\$/, 'read injectSession() instead'],
  [/authStateManager|transformAuthState/, 'bff.onChange(…) reports every change'],
  [/isAuthenticated\s*\(/, '(await bff.session()).authenticated'],
  [
    /authState\s*\??\.\s*(?:isAuthenticated|isPending|idToken)/,
    'authState.session is there when somebody is signed in, authState.isLoading when nobody knows yet',
  ],
  [/getUser(?:Info)?\s*\(/, 'bff.state.session?.user has the claims'],
  [
    /(?:is|handle)LoginRedirect|LoginCallback|OktaCallbackComponent|restoreOriginalUri|setOriginalUri|parseFromUrl/,
    'delete it: the broker serves the callback',
  ],
  [
    /\.\s*(?:signInWithRedirect|signOut|closeSession|getWithoutPrompt|getWithPopup)\b/,
    'see "Call by call": an argument was not understood',
  ],
  [
    /\brequiresAuth\b|\bnavigationGuard\b/,
    'give each such page beforeEnter: signedIn(bff), then delete the guard of all pages',
  ],
  [
    /\$auth\b|'okta\.auth(?:State)?'|"okta\.auth(?:State)?"|\buseAuth\b/,
    'useBff() and useSession(), whose state a script finds in .value',
  ],
  [/@okta|\bOkta[A-Z]|OKTA_/, 'still from Okta’s packages'],
];

const inText =
  /\$auth\b|authState(?:\$|\s*\??\.\s*(?:isAuthenticated|isPending|idToken|(?:access|refresh)Token))|['"]okta\.auth(?:State)?['"]|^\s*import\b.*['"]@okta\/|\(\s*['"]@okta\//;

export function leftovers(source: string): Leftover[] {
  const masked = mask(source).split('\n');
  const lines = source.split('\n');
  return masked.flatMap((code, at) => {
    const whole = lines[at] ?? '';
    // The text of a template may use them as well, and these names stand in strings.
    const shown = inText.test(whole) ? whole : code;
    const hint = hints.find(([pattern]) => pattern.test(shown));
    if (!hint) return [];
    return [{ line: at + 1, code: whole.trim().slice(0, 80), todo: hint[1] }];
  });
}
