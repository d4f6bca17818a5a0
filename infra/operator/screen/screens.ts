// The answers as screens: tables that even a tired person reads correctly.
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import type { KeyLine, KeysReport } from '#core/keys/report.ts';
import type { RotationFacts } from '#core/keys/rotation/state.ts';
import { stepsInWords } from '#core/keys/rotation/state.ts';
import type { SessionLine } from '#core/keys/sessions.ts';
import { type SignaturesOutcome, signaturesScreen } from './signatures.ts';
import { type Paint, plain, type Style } from './style.ts';
import { ago, ahead, spanOfTime, table } from './words.ts';

export function screen(outcome: OperatorOutcome, nowMs: number, paint: Paint = plain): string {
  const now = Math.floor(nowMs / 1000);
  if ('keys' in outcome) return keysScreen(outcome as OperatorOutcome<KeysReport>, now, paint);
  if ('signatures' in outcome) return signaturesScreen(outcome as SignaturesOutcome, paint);
  if ('sessions' in outcome && Array.isArray(outcome.sessions)) {
    return sessionsScreen(outcome as OperatorOutcome<{ sessions: SessionLine[] }>, now, paint);
  }
  return outcome.message;
}

function keysScreen(
  outcome: OperatorOutcome<KeysReport & { problems?: string[] }>,
  now: number,
  paint: Paint,
): string {
  const { keys, rotations, problems } = outcome;
  const parts = (['dpop', 'assertion'] as const).flatMap((use) => [
    paint('bold', titles[use]),
    keyTable(
      keys.filter((key) => key.use === use),
      now,
      paint,
    ),
    ...rotations.filter((rotation) => rotation.use === use).map((one) => rotationLine(one, now)),
    '',
  ]);
  return [...parts, ...(problems ? [problemsPart(problems, paint)] : [])].join('\n').trimEnd();
}

const titles = { dpop: 'DPoP proofs', assertion: 'Client assertions' };

function keyTable(keys: readonly KeyLine[], now: number, paint: Paint): string {
  if (keys.length === 0) return '  no key';
  const notes = keys.map((key) => noteOn(key, now));
  const head = ['KEY', 'STATE', 'SINCE', 'SIGNS', 'AGE', 'LAST SIGNED', 'SESSIONS'];
  const noted = notes.some((note) => note !== '');
  const rows = keys.map((key, at) => [
    key.name,
    stateOf(key),
    key.since === null ? 'the beginning' : ago(key.since, now),
    algs[key.spec ?? ''] ?? '-',
    key.createdAt === undefined ? '-' : spanOfTime(now - key.createdAt),
    key.lastUsedAt === undefined ? '-' : ago(key.lastUsedAt, now),
    sessionsOn(key, now),
    ...(noted ? [notes[at] ?? ''] : []),
  ]);
  return table(noted ? [...head, 'DELETION'] : head, rows, (cell, { row, column }) => {
    const key = keys[row];
    if (!key) return paint('dim', cell);
    return column === 1 ? paint(styleOf(key), cell) : cell;
  });
}

const algs: Record<string, string> = { ECC_NIST_P256: 'ES256', RSA_2048: 'RS256' };

/** The state here, and KMS's state if that differs. */
const stateOf = (key: KeyLine): string =>
  fitsKms(key) ? key.state : `${key.state} (KMS: ${key.kms.replace('_', ' ')})`;

const signing: readonly string[] = ['active', 'draining', 'pending'];

const fitsKms = ({ state, kms }: KeyLine): boolean =>
  signing.includes(state) ? kms === 'enabled' : state !== 'disabled' || kms !== 'enabled';

function styleOf(key: KeyLine): Style {
  if (!fitsKms(key)) return 'red';
  if (key.state === 'active') return 'green';
  return signing.includes(key.state) ? 'yellow' : 'dim';
}

function noteOn({ deletionAt, bakedAt, kms }: KeyLine, now: number): string {
  if (kms === 'deleted') return 'is deleted';
  if (deletionAt !== undefined) return ahead(deletionAt, now);
  return bakedAt === undefined ? '' : `possible ${ahead(bakedAt, now)}`;
}

function sessionsOn({ sessions, lastEnd }: KeyLine, now: number): string {
  if (sessions === undefined) return '-';
  return lastEnd === undefined
    ? `${sessions}`
    : `${sessions}, the last ends ${ahead(lastEnd, now)}`;
}

function rotationLine(rotation: RotationFacts, now: number): string {
  const { by, reason, startedAt, step, key } = rotation;
  const made = key === undefined ? '' : ` (${key})`;
  return `  rotation under way: ${stepsInWords[step]}${made}; by ${by}, ${ago(startedAt, now)}: ${reason}`;
}

const problemsPart = (problems: readonly string[], paint: Paint): string =>
  problems.length === 0
    ? paint('green', 'All is well.')
    : problems.map((problem) => paint('red', `! ${problem}`)).join('\n');

function sessionsScreen(
  { sessions, message }: OperatorOutcome<{ sessions: SessionLine[] }>,
  now: number,
  paint: Paint,
): string {
  if (sessions.length === 0) return message;
  const binds = sessions.some(({ bound }) => bound !== undefined);
  const head = ['SESSION', 'SIGNED IN', 'LAST SEEN', 'ENDS IF IDLE', 'ENDS BY', 'KEY'];
  const rows = sessions.map((session) => [
    session.id,
    ago(session.createdAt, now),
    ago(session.lastSeenAt, now),
    ahead(session.idleEndsAt, now),
    ahead(session.expiresAt, now),
    session.key,
    ...(binds ? [session.bound ? 'bound' : '-'] : []),
  ]);
  const painted = table([...head, ...(binds ? ['DEVICE'] : [])], rows, (cell, { row }) =>
    row < 0 ? paint('dim', cell) : cell,
  );
  return `${message}\n${painted}`;
}
