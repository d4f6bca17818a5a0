// A session: what the table shows of it, and what only the browser's cookie opens.
import { type Broker, secondsNow } from './broker.ts';
import { sha256 } from './bytes.ts';
import type { Nonces, SessionIndex, SessionRecord, SigningKey, StoredSession } from './ports.ts';
import { seal, unseal } from './seal.ts';
import { isSecret } from './secrets.ts';

export interface AccessToken {
  token: string;
  expiresAt: number;
  /** From here on a call tries to renew it, while it can still be used. */
  renewAt: number;
  /** It took the place of one that an API refused: until then another refusal is the API's last word. */
  finalUntil?: number;
}

/** Sealed under the cookie. Claims are those of the allow-list. */
export interface SessionContent {
  subject: string;
  /** When its sign-in began, to the millisecond. */
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
  /** The server bound its refresh token to its key: it is not moved to another. */
  bound?: boolean;
  /** Renewals that were refused without an OAuth error, one after the other: the first and the newest. */
  refused?: { since: number; last: number };
}

/** An open session, for the life of one request. */
export interface Session {
  secret: string;
  record: SessionRecord;
  content: SessionContent;
  nonces: Nonces;
  streams?: StoredSession['streams'];
}

export const sessionIdOf = (secret: string): string => sha256(secret);

/** Nothing for a cookie that is malformed, unknown, expired, or does not open what is stored. */
export async function openSession(
  broker: Pick<Broker, 'sessions' | 'clock'>,
  secret: string,
): Promise<Session | undefined> {
  if (!isSecret(secret)) return undefined;
  const stored = await broker.sessions.read(sessionIdOf(secret));
  if (!stored || hasEnded(stored.session, secondsNow(broker))) return undefined;
  const content = unseal(secret, boundTo(stored.session), stored.session.sealed);
  return content === undefined
    ? undefined
    : {
        secret,
        record: stored.session,
        content: content as SessionContent,
        nonces: stored.nonces,
        streams: stored.streams,
      };
}

/** DynamoDB deletes late; time decides. */
export function hasEnded(record: SessionRecord, now: number): boolean {
  return now >= idleEnd(record) || now >= record.expiresAt;
}

export const idleEnd = (record: SessionRecord): number =>
  Math.min(record.lastSeenAt + record.idleSeconds, record.expiresAt);

export function newRecord(
  broker: Pick<Broker, 'config' | 'clock'>,
  secret: string,
  { key, content, index, stepUps }: NewSession,
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
  };
}

export interface NewSession {
  key: SigningKey;
  content: SessionContent;
  index: SessionIndex;
  stepUps: number;
}

export const sealContent = (
  secret: string,
  place: Pick<SessionRecord, 'id' | 'version'>,
  content: SessionContent,
): Uint8Array => seal(secret, boundTo(place), content);

const boundTo = ({ id, version }: Pick<SessionRecord, 'id' | 'version'>) => `${id}.${version}`;

/** Slides the idle time, at most every tenth of it; never revives a session that has gone. Nothing: it is too early. */
export function slide(
  broker: Pick<Broker, 'sessions' | 'clock'>,
  { record }: Session,
): Promise<unknown> | undefined {
  const now = secondsNow(broker);
  return now - record.lastSeenAt >= record.idleSeconds / 10
    ? broker.sessions.touch(record.id, now)
    : undefined;
}
