// A session: a part that the table shows, and a part that only the browser's cookie opens.
import { type Broker, secondsNow } from '#core/broker.ts';
import { isSecret, sha256 } from '#core/lib/encoding.ts';
import {
  hasShape,
  isBoolean,
  isNumber,
  isRecord,
  isString,
  optional,
  type Shape,
} from '#core/lib/shape.ts';
import type {
  DeviceBinding,
  Nonces,
  SessionIndex,
  SessionRecord,
  StoredSession,
} from '#core/ports.ts';
import { seal, unseal } from './seal.ts';

export interface AccessToken {
  token: string;
  expiresAt: number;
  /** From then on a call tries to renew the token, which still works. */
  renewAt: number;
  /** When it replaced a token that an API refused. */
  replacedAt?: number;
}

/** Sealed under the cookie. The claims are those of the allow-list. */
export interface SessionContent {
  subject: string;
  /** When its sign-in began, with milliseconds. */
  startedAt?: number;
  /** By audience; '' is the authorization server's own. */
  access: Record<string, AccessToken>;
  refreshToken?: string;
  idToken?: string;
  scope?: string;
  claims: Record<string, unknown>;
  acr?: string;
  amr?: string[];
  authTime?: number;
  /** The server bound the refresh token to its key, so the session does not move to another. */
  bound?: boolean;
  /** Consecutive renewals that were refused without an OAuth error: when the first and the newest came. */
  refused?: { since: number; last: number };
}

/** An open session, during one request. */
export interface Session {
  secret: string;
  record: SessionRecord;
  content: SessionContent;
  nonces: Nonces;
  streams?: StoredSession['streams'];
}

export const sessionIdOf = (secret: string): string => sha256(secret);

/** Returns undefined when the cookie is malformed, unknown or expired, or does not open what is stored. */
export async function openSession(
  broker: Pick<Broker, 'sessions' | 'clock'>,
  secret: string,
): Promise<Session | undefined> {
  if (!isSecret(secret)) return undefined;
  const stored = await broker.sessions.read(sessionIdOf(secret));
  if (!stored || hasEnded(stored.session, secondsNow(broker))) return undefined;
  const content = unseal(secret, boundTo(stored.session), stored.session.sealed);
  if (!hasShape(content, contentShape)) return undefined;
  const { session: record, nonces, streams } = stored;
  return { secret, record, content, nonces, streams };
}

const accessShape: Shape<AccessToken> = {
  token: isString,
  expiresAt: isNumber,
  renewAt: isNumber,
  replacedAt: optional(isNumber),
};
const refusedShape: Shape<NonNullable<SessionContent['refused']>> = {
  since: isNumber,
  last: isNumber,
};
const contentShape: Shape<SessionContent> = {
  subject: isString,
  startedAt: optional(isNumber),
  access: (value) =>
    isRecord(value) && Object.values(value).every((held) => hasShape(held, accessShape)),
  refreshToken: optional(isString),
  idToken: optional(isString),
  scope: optional(isString),
  claims: isRecord,
  acr: optional(isString),
  amr: optional((value) => Array.isArray(value) && value.every(isString)),
  authTime: optional(isNumber),
  bound: optional(isBoolean),
  refused: optional((value) => hasShape(value, refusedShape)),
};

/** DynamoDB deletes late, so the time decides. */
export function hasEnded(record: SessionRecord, now: number): boolean {
  return now >= idleEnd(record) || now >= record.expiresAt;
}

export const idleEnd = (record: SessionRecord): number =>
  Math.min(record.lastSeenAt + record.idleSeconds, record.expiresAt);

export function newRecord(
  broker: Pick<Broker, 'config' | 'clock'>,
  secret: string,
  { key, content, index, stepUps, device }: NewSession,
): SessionRecord {
  const now = secondsNow(broker);
  const { idleMinutes, absoluteHours } = broker.config.session;
  const place = { id: sessionIdOf(secret), version: 1 };
  return {
    ...place,
    sealed: sealContent(secret, place, content),
    key: { id: key.id, jkt: key.jkt, alg: key.alg },
    index,
    createdAt: now,
    lastSeenAt: now,
    idleSeconds: Math.max(1, Math.round(idleMinutes * 60)),
    expiresAt: now + Math.max(1, Math.round(absoluteHours * 3600)),
    stepUps,
    ...(device && { device }),
  };
}

export interface NewSession {
  key: SessionRecord['key'];
  content: SessionContent;
  index: SessionIndex;
  stepUps: number;
  device?: DeviceBinding | undefined;
}

export const sealContent = (
  secret: string,
  place: Pick<SessionRecord, 'id' | 'version'>,
  content: SessionContent,
): Uint8Array => seal(secret, boundTo(place), content);

const boundTo = ({ id, version }: Pick<SessionRecord, 'id' | 'version'>) => `${id}.${version}`;

/**
 * Extends the idle time, at most once per tenth of it, and never revives an ended session. Returns undefined when it is
 * too early.
 */
export function slideIdleTime(
  broker: Pick<Broker, 'sessions' | 'clock'>,
  { record }: Session,
): Promise<unknown> | undefined {
  const now = secondsNow(broker);
  return now - record.lastSeenAt >= record.idleSeconds / 10
    ? broker.sessions.touch(record.id, now)
    : undefined;
}
