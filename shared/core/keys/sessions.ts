// Sessions as an operator sees and ends them: by user, by key, or all. Only the browser's cookie opens a session, so
// this shows times and keys, never a name or a token.
import type { SessionRecord } from '#core/ports.ts';
import { type Ended, endSessions } from '#core/session/ending.ts';
import { emailHash, everyoneHash, subjectHash } from '#core/session/lookup-hashes.ts';
import { idleEnd } from '#core/session/session.ts';
import { findKey, keyName } from './find-key.ts';
import type { Operator } from './operator.ts';
import { counted, done, isOutcome, type OperatorOutcome, waiting } from './outcome.ts';

/** A user by e-mail address or by `sub`. */
export type WhoseSessions = { user: string } | { key: string } | { all: true };

export interface SessionLine {
  /** The beginning of the session's hashed id. */
  id: string;
  key: string;
  /** Whether it is bound to a key of its browser's device. Missing when the configuration binds none. */
  bound?: boolean;
  createdAt: number;
  lastSeenAt: number;
  idleEndsAt: number;
  expiresAt: number;
}

export interface ListSessionsRequest {
  whose: Exclude<WhoseSessions, { all: true }>;
  limit?: number | undefined;
}

export async function listSessions(
  op: Operator,
  { whose, limit = 100 }: ListSessionsRequest,
): Promise<
  OperatorOutcome<SessionsFound & { sessions: SessionLine[]; more: boolean }> | OperatorOutcome
> {
  const places = await placesOf(op, whose);
  if (isOutcome(places)) return places;
  const sessions = new Map<string, SessionLine>();
  let more = false;
  for (const { by, value } of places) {
    for await (const id of op.sessions.find(by, value)) {
      if (sessions.has(id)) continue;
      more = sessions.size === limit;
      if (more) break;
      const stored = await op.sessions.read(id);
      if (stored) sessions.set(id, lineOf(op, stored.session));
    }
  }
  const lines = [...sessions.values()].sort((a, b) => b.lastSeenAt - a.lastSeenAt);
  const found = lines.length;
  const message = `${more ? 'More than ' : ''}${counted(found, 'session')}`;
  return done('listed', found > 0 ? message : noneOf(op, whose), {
    found,
    sessions: lines,
    more,
    ...indexFact(op, whose),
  });
}

const lineOf = ({ config }: Operator, record: SessionRecord): SessionLine => ({
  id: record.id.slice(0, 8),
  key: keyName(record.key.id),
  ...(config.session.deviceBound !== 'off' && { bound: record.device?.bound !== undefined }),
  createdAt: record.createdAt,
  lastSeenAt: record.lastSeenAt,
  idleEndsAt: idleEnd(record),
  expiresAt: record.expiresAt,
});

/** Tells the command line whether it succeeded: finding no session of a user is no success. */
export interface SessionsFound {
  found: number;
  /** For a user named by an address: false when this configuration does not index sessions by address. */
  emailIndexed?: boolean;
}

const byAddress = (whose: WhoseSessions): boolean => 'user' in whose && whose.user.includes('@');

/** The address comes with the scope `email`, in the ID token or from UserInfo (OpenID Connect Core section 5.4). */
const indexFact = (
  { config }: Operator,
  whose: WhoseSessions,
): Pick<SessionsFound, 'emailIndexed'> =>
  byAddress(whose) ? { emailIndexed: config.scopes.includes('email') } : {};

function noneOf(op: Operator, whose: WhoseSessions): string {
  if (indexFact(op, whose).emailIndexed === false) {
    return (
      'No session was found by that address: without the scope email no session is indexed by e-mail. ' +
      'Name the user by sub.'
    );
  }
  return 'user' in whose ? 'No session of that user was found.' : 'No session was found.';
}

export interface EndSessionsRequest {
  whose: WhoseSessions;
  deadlineMs: number;
  dryRun?: boolean | undefined;
}

/** Sign-ins of that user that are under way are invalidated too. */
export async function endSessionsOf(
  op: Operator,
  request: EndSessionsRequest,
): Promise<OperatorOutcome<SessionsFound> | OperatorOutcome> {
  const { whose, deadlineMs, dryRun } = request;
  const places = await placesOf(op, whose);
  if (isOutcome(places)) return places;
  if (dryRun) {
    const found = await countIn(op, places);
    const message = found > 0 ? `Would end ${counted(found, 'session')}.` : noneOf(op, whose);
    const facts = { found, sessions: found, ...indexFact(op, whose) };
    return done('dry_run', `${message} Nothing was changed.`, facts);
  }
  const marks =
    'all' in whose ? [everyoneHash] : places.filter(({ by }) => by !== 'key').map((at) => at.value);
  // With milliseconds: a sign-in may begin within the same second, before or after.
  for (const hash of marks) await op.marks.markSignedOut(hash, op.clock.now() / 1000);
  const total: Ended = { found: 0, ended: 0, more: false };
  for (const { by, value } of places) {
    const { found, ended, more } = await endSessions({ env: op, log: op.log }, by, value, {
      why: 'operator',
      deadlineMs,
    });
    total.found += found;
    total.ended += ended;
    total.more ||= more;
  }
  const { found, ended, more } = total;
  const facts = { found, ended, ...indexFact(op, whose) };
  const message = `${counted(ended, 'session')} ended`;
  if (more) return waiting('ending', `${message}, more to come.`, 0, facts);
  return done('revoked', found > 0 ? `${message}.` : noneOf(op, whose), facts);
}

interface IndexPlace {
  by: 'subject' | 'email' | 'key';
  value: string;
}

export async function placesOf(
  op: Operator,
  whose: WhoseSessions,
): Promise<IndexPlace[] | OperatorOutcome> {
  const { issuer } = op.config;
  if ('user' in whose) {
    const { user } = whose;
    const bySubject: IndexPlace = { by: 'subject', value: subjectHash(issuer, user) };
    return user.includes('@')
      ? [bySubject, { by: 'email', value: emailHash(issuer, user) }]
      : [bySubject];
  }
  if ('key' in whose) {
    const found = await findKey(op, whose.key);
    return isOutcome(found) ? found : [{ by: 'key', value: found.id }];
  }
  // Every session is pinned to a key.
  const { keys } = await op.rings.read('dpop');
  const others = (await op.admin.ours()).filter(({ use }) => use === 'dpop');
  const ids = new Set([...keys, ...others].map(({ id }) => id));
  return [...ids].map((value) => ({ by: 'key', value }));
}

async function countIn({ sessions }: Operator, places: readonly IndexPlace[]): Promise<number> {
  const found = new Set<string>();
  for (const { by, value } of places)
    for await (const id of sessions.find(by, value)) found.add(id);
  return found.size;
}
