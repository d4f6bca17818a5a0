// The next step after a command, as commands to paste.
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';
import { reasonGap } from '../paste.ts';

/** `again` writes a command for the same program and system. */
export function nextSteps(
  event: OperatorEvent,
  outcome: OperatorOutcome,
  again: (...args: string[]) => string,
): string[] {
  const facts = outcome as OperatorOutcome & Record<string, unknown>;
  const key = ('key' in event && event.key) || '';
  switch (outcome.code) {
    case 'rotated':
      return afterRotating(event, facts, again);
    case 'status':
      return ((facts.problems ?? []) as string[])
        .flatMap(withoutActive)
        .flatMap((use) => [
          `To make another ${use} key:`,
          again('keys', 'rotate', ...useFlags(use)),
        ]);
    case 'activated':
      return [
        'The previously active key is draining. When its sessions have ended, retire it:',
        again('status'),
      ];
    case 'disabled':
      return [
        ...(facts.active === undefined
          ? [
              'Now make another key, so that people can sign in:',
              again('keys', 'rotate', ...withoutActive(outcome.message).flatMap(useFlags)),
            ]
          : []),
        'To undo this (sessions that ended stay ended):',
        again('keys', 'enable', key),
      ];
    case 'enabled':
      return facts.state === 'draining'
        ? ['For new sessions as well:', again('keys', 'activate', key)]
        : [];
    case 'retired':
    case 'retiring':
      return [
        'On that day:',
        again('keys', 'retire', key),
        'To undo this:',
        again('keys', 'enable', key),
      ];
    case 'deletion_scheduled':
      return ['To undo this until then:', again('keys', 'enable', key)];
    case 'revoked':
      return 'whose' in event && 'user' in event.whose
        ? [
            'They can sign in again. To keep somebody out, deactivate them or take the app away from them at the authorization server.',
          ]
        : [];
    case 'listed':
      return Array.isArray(facts.sessions) && facts.sessions.length > 0
        ? [
            'To end one of them:',
            again(
              'sessions',
              'revoke',
              ...whoseFlags(event),
              '--session',
              idOf(facts.sessions),
              '--reason',
              reasonGap,
            ),
          ]
        : [];
    default:
      return [];
  }
}

function afterRotating(
  event: OperatorEvent,
  { from }: Record<string, unknown>,
  again: (...args: string[]) => string,
): string[] {
  if (typeof from !== 'string') return [];
  const assertion = 'use' in event && event.use === 'assertion';
  return [
    assertion
      ? `${from} is still published, for assertions that are under way. In a quarter of an hour:`
      : `Sessions on ${from} use it until they end; keys list shows when the last one does. Then:`,
    again('keys', 'retire', from),
    'If the new key was a mistake:',
    again('keys', 'activate', from),
  ];
}

/** The use that has no active key, if the sentence says so. */
const withoutActive = (sentence: string): string[] =>
  /No (dpop|assertion) key is active/.exec(sentence)?.slice(1) ?? [];

const useFlags = (use: string): string[] => (use === 'dpop' ? [] : ['--use', use]);

const whoseFlags = (event: OperatorEvent): string[] =>
  'whose' in event && 'user' in event.whose && event.whose.user ? ['--user', event.whose.user] : [];

const idOf = ([first]: readonly { id?: string }[]): string => first?.id ?? '';
