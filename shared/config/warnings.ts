// Valid settings that people would regret. The warnings appear at synth, at `npm start`, in the doctor and once in the
// log of each environment.
import type { Config } from './schema.ts';

export interface ConfigWarning {
  code: 'no_email_scope';
  /** For people: what will not work, and what to change. */
  says: string;
}

export function warningsOf({ scopes }: Pick<Config, 'scopes'>): ConfigWarning[] {
  if (scopes.includes('email')) return [];
  return [
    {
      code: 'no_email_scope',
      says:
        "scopes: without email no session can be found by its user's address: Universal Logout, which names users by " +
        'e-mail unless you change that, and "sessions revoke --user <address>" will end nothing. Add email.',
    },
  ];
}
