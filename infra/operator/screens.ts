// The answers as screens: tables that a tired person reads right.
import type { Outcome } from '#core/keys/outcome.ts';
import type { KeyLine, KeysReport } from '#core/keys/report.ts';
import type { RotationFacts } from '#core/keys/rotation-state.ts';
import { stepsInWords } from '#core/keys/rotation-state.ts';
import type { SessionLine } from '#core/keys/user-sessions.ts';
import { ago, ahead, span, table } from './words.ts';

export function screen(outcome: Outcome, nowMs: number): string {
  const now = Math.floor(nowMs / 1000);
  if ('keys' in outcome) return keysScreen(outcome as Outcome<KeysReport>, now);
  if ('sessions' in outcome && Array.isArray(outcome.sessions)) {
    return sessionsScreen(outcome as Outcome<{ sessions: SessionLine[] }>, now);
  }
  return outcome.message;
}

function keysScreen(outcome: Outcome<KeysReport & { problems?: string[] }>, now: number): string {
  const { keys, rotations, problems } = outcome;
  const parts = (['dpop', 'assertion'] as const).flatMap((use) => [
    titles[use],
    keyTable(
      keys.filter((key) => key.use === use),
      now,
    ),
    ...rotations.filter((rotation) => rotation.use === use).map((one) => rotationLine(one, now)),
    '',
  ]);
  return [...parts, ...(problems ? [problemsPart(problems)] : [])].join('\n').trimEnd();
}

const titles = { dpop: 'DPoP proofs', assertion: 'Client assertions' };

function keyTable(keys: readonly KeyLine[], now: number): string {
  if (keys.length === 0) return '  no key';
  const head = ['KEY', 'STATE', 'SINCE', 'SIGNS', 'AGE', 'LAST SIGNED', 'SESSIONS'];
  return table(
    head,
    keys.map((key) => [
      key.name,
      stateOf(key),
      key.since === 0 ? 'the beginning' : ago(key.since, now),
      algs[key.spec ?? ''] ?? '-',
      key.createdAt === undefined ? '-' : span(now - key.createdAt),
      key.lastUsedAt === undefined ? '-' : ago(key.lastUsedAt, now),
      sessionsOn(key, now),
    ]),
  );
}

const algs: Record<string, string> = { ECC_NIST_P256: 'ES256', RSA_2048: 'RS256' };

/** What it is here, and what KMS has to say where that is something else. */
function stateOf({ state, kms }: KeyLine): string {
  const expected = { active: 'enabled', draining: 'enabled', pending: 'enabled' } as const;
  const fits = state in expected ? kms === 'enabled' : state !== 'disabled' || kms !== 'enabled';
  return fits ? state : `${state} (KMS: ${kms.replace('_', ' ')})`;
}

function sessionsOn({ sessions, lastEnd, deletionAt, bakedAt, kms }: KeyLine, now: number): string {
  if (kms === 'deleted') return 'deleted';
  if (deletionAt !== undefined) return `deleted ${ahead(deletionAt, now)}`;
  if (bakedAt !== undefined) return `may be deleted ${ahead(bakedAt, now)}`;
  if (sessions === undefined) return '-';
  const last =
    sessions > 0 && lastEnd !== undefined ? `, the last ends ${ahead(lastEnd, now)}` : '';
  return `${sessions}${last}`;
}

function rotationLine(rotation: RotationFacts, now: number): string {
  const { by, reason, startedAt, step, key } = rotation;
  const made = key === undefined ? '' : ` (${key})`;
  return `  rotation under way: ${stepsInWords[step]}${made}; by ${by}, ${ago(startedAt, now)}: ${reason}`;
}

const problemsPart = (problems: readonly string[]): string =>
  problems.length === 0 ? 'All is well.' : problems.map((problem) => `! ${problem}`).join('\n');

function sessionsScreen(
  { sessions, message }: Outcome<{ sessions: SessionLine[] }>,
  now: number,
): string {
  if (sessions.length === 0) return 'No session.';
  const head = ['SESSION', 'SIGNED IN', 'LAST SEEN', 'ENDS IF IDLE', 'ENDS AT THE LATEST', 'KEY'];
  const rows = sessions.map((session) => [
    session.id,
    ago(session.createdAt, now),
    ago(session.lastSeenAt, now),
    ahead(session.idleEndsAt, now),
    ahead(session.expiresAt, now),
    session.key,
  ]);
  return `${message}\n${table(head, rows)}`;
}
