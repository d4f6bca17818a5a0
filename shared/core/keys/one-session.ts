// Ends one session. An operator names it by the beginning of its id, as the list shows it.
import { endOne } from '#core/session/ending.ts';
import type { Operator } from './operator.ts';
import { done, isOutcome, type OperatorOutcome, refused } from './outcome.ts';
import { placesOf, type SessionsFound } from './sessions.ts';

export interface EndOneSessionRequest {
  /** Without a user, all sessions are searched, which takes longer when there are many. */
  whose: { session: string; user?: string | undefined };
  deadlineMs: number;
  dryRun?: boolean | undefined;
}

export async function endOneSession(
  op: Operator,
  { whose, deadlineMs, dryRun }: EndOneSessionRequest,
): Promise<OperatorOutcome<SessionsFound> | OperatorOutcome> {
  const ids = await idsOf(op, whose, deadlineMs);
  if (isOutcome(ids)) return ids;
  const [id, another] = ids;
  const name = whose.session.slice(0, 8);
  if (id === undefined) {
    return refused('no_session', `No session ${name} was found.`, { found: 0, ended: 0 });
  }
  if (another !== undefined) {
    return refused(
      'ambiguous_session',
      `More than one session begins with ${name}. Name its user too.`,
    );
  }
  if (dryRun) {
    return done('dry_run', `Would end the session ${name}. Nothing was changed.`, {
      found: 1,
      sessions: 1,
    });
  }
  const ending = await endOne({ env: op, log: op.log }, id, 'operator');
  const ended = ending === 'ended' ? 1 : 0;
  return done('revoked', `The session ${name} ended.`, { found: 1, ended });
}

async function idsOf(
  op: Operator,
  { session, user }: EndOneSessionRequest['whose'],
  deadlineMs: number,
): Promise<string[] | OperatorOutcome> {
  const places = await placesOf(op, user === undefined ? { all: true } : { user });
  if (isOutcome(places)) return places;
  const found = new Set<string>();
  for (const { by, value } of places) {
    for await (const id of op.sessions.find(by, value)) {
      if (id.startsWith(session)) found.add(id);
      if (op.clock.now() >= deadlineMs) {
        return refused(
          'too_many',
          'There are too many sessions to look through. Name the user too.',
        );
      }
    }
  }
  return [...found];
}
