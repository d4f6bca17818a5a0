// The graphs of people: how they sign in, stay signed in and sign out, and with which browsers.
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { graph, named } from './graphs.ts';
import type { Counted } from './metrics.ts';

export const users = (event: Counted): IWidget[] => [
  graph(
    'Sign-ins',
    named(event, {
      'login.started': 'started',
      'login.completed': 'completed',
      'login.rejected': 'rejected',
      'login.untrusted': 'untrusted answers',
      'login.started_over': 'started over, key taken out',
    }),
  ),
  graph(
    'Renewals',
    named(event, {
      'refresh.won': 'renewed',
      'refresh.waited': 'waited for another',
      'refresh.failed': 'failed',
      'refresh.paused': 'pauses that the server asked for',
      'failed.refresh_unavailable': 'calls turned away',
      'refresh.refused': 'refused',
      'refresh.untrusted': 'untrusted answers',
    }),
  ),
  graph(
    'Sessions that ended, and revocations',
    named(event, {
      'session.ended': 'ended',
      'universal_logout.received': 'Universal Logout',
      'revocation.failed': 'tokens not revoked',
    }),
  ),
];

/** Last, because nobody has to act on it: whom `deviceBound` reaches, and whom `require` locks out on purpose. */
export const devices = (event: Counted): IWidget =>
  graph(
    'Browsers and devices',
    named(event, {
      'login.completed': 'sign-ins',
      'device.bound': 'sessions bound',
      'device.locked_out': 'calls of people locked out by `require`',
      'device.not_bound': 'pages that told them so',
    }),
    24,
  );
