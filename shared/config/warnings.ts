// Valid settings that people would regret. The warnings appear at synth, at `npm start`, in the doctor and once in the
// log of each environment.
import type { Config } from './schema.ts';

export interface ConfigWarning {
  code: 'no_email_scope' | 'bound_over_http';
  /** For people: what will not work, and what to change. */
  says: string;
}

export const warningsOf = (config: Config): ConfigWarning[] =>
  warnings.filter(({ applies }) => applies(config)).map(({ code, says }) => ({ code, says }));

const warnings: (ConfigWarning & { applies(config: Config): boolean })[] = [
  {
    code: 'no_email_scope',
    says:
      "scopes: without email no session can be found by its user's address: Universal Logout, which names users by " +
      'e-mail unless you change that, and "sessions revoke --user <address>" will end nothing. Add email.',
    applies: ({ scopes }) => !scopes.includes('email'),
  },
  {
    code: 'bound_over_http',
    says:
      'session.deviceBound: no browser binds a session over plain http, and with "require" no call will work a minute ' +
      'after the sign-in. Use an https publicOrigin; on this machine, npm start -- --https.',
    applies: ({ publicOrigin, session }) =>
      session.deviceBound !== 'off' && new URL(publicOrigin).protocol === 'http:',
  },
];
