// Everything that must hold, whatever goes wrong.
import type { Recording } from '#test/faults/recording/recording.ts';
import * as answers from './answers.ts';
import * as calls from './calls.ts';
import * as sessions from './sessions.ts';
import type { Invariant, Violation } from './violation.ts';

export interface Known {
  /** The subject that a user's tokens name. */
  idOf(user: string): string | undefined;
}

export function invariants({ idOf }: Known): Invariant[] {
  const { nobodySeesSomebodyElsesData, ...others } = answers;
  return [
    ...Object.values(sessions),
    ...Object.values(calls),
    ...Object.values(others),
    nobodySeesSomebodyElsesData(idOf),
  ];
}

export const violationsIn = (recording: Recording, known: Known): Violation[] =>
  invariants(known).flatMap((invariant) => invariant(recording));
