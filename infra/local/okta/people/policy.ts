// When the person must be asked something: no session, prompt, max_age (all checked by oidc-provider), and Okta's
// authentication levels. Nobody is ever asked for consent.
import { interactionPolicy } from 'oidc-provider';
import { satisfies, wantedAcr } from './assurance.ts';
import { personById } from './people.ts';

const { Check, base } = interactionPolicy;

export function signInPolicy() {
  const policy = base();
  // prompt=consent is accepted, but no consent page is shown.
  policy.get('consent')?.checks.clear();
  const login = policy.get('login');
  if (!login) throw new Error('oidc-provider has no login prompt');
  login.checks.remove('no_session');
  login.checks.add(
    new Check(
      'no_session',
      'The client specified not to prompt, but the user is not logged in.',
      'login_required',
      ({ oidc }) => !oidc.session?.accountId,
    ),
  );
  login.checks.add(
    new Check(
      'acr',
      'The client specified not to prompt, but the client app requires re-authentication or MFA.',
      'login_required',
      ({ oidc }) => {
        const person = personById(oidc.session?.accountId ?? '');
        const wanted = wantedAcr(oidc.params?.acr_values);
        if (!person || satisfies(oidc.session?.acr, wanted)) return false;
        const ifPossible = wanted?.endsWith(':ifpossible') && person.factors.length === 0;
        return !ifPossible;
      },
    ),
  );
  return policy;
}
