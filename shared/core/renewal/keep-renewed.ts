// Stores the tokens that a renewal brought.
import { type Broker, type RequestContext, secondsNow } from '#core/broker.ts';
import { revokeTokens } from '#core/issuer/revocation.ts';
import type { JudgedTokens } from '#core/issuer/token-response.ts';
import type { SessionIndex, SigningKey } from '#core/ports.ts';
import { wasSignedOutSince } from '#core/session/ending.ts';
import { indexChanges } from '#core/session/lookup-hashes.ts';
import {
  openSession,
  type Session,
  type SessionContent,
  sealContent,
} from '#core/session/session.ts';
import { accessTokenOf, allowedClaims } from '#core/session/session-content.ts';
import type { Exchange } from './proving-key.ts';
import type { Renewal, Renewing } from './refresh.ts';

const storeAttempts = 4;

/**
 * The newest ID token names the hashes by which a session is found. Someone who signed this user out by an earlier or
 * later name left a mark, but may not have found the session.
 */
export async function keepRenewed(
  context: RequestContext,
  session: Session,
  renewing: Renewing,
  tokens: JudgedTokens,
  exchange: Exchange,
): Promise<Renewal> {
  const { env } = context;
  const { record, content } = session;
  const { claims } = tokens;
  const next = renewedContent(env, session, renewing, tokens, exchange);
  const index = claims ? indexChanges(env.config.issuer, record.index, claims) : {};
  if (Object.keys(index).length === 0) return store(context, session, renewing, exchange.key, next);
  const startedAt = content.startedAt ?? record.createdAt;
  const revoked = await wasSignedOutSince(env, index, startedAt).catch(() => undefined);
  if (revoked) {
    return { kind: 'fatal', why: 'revoked', revoke: { refreshToken: next.refreshToken } };
  }
  // If the marks cannot be read, the next renewal sees the same change and checks again.
  const known = revoked === undefined ? {} : index;
  return store(context, session, renewing, exchange.key, next, known);
}

function renewedContent(
  broker: Broker,
  { record, content: { refused: _over, ...content } }: Session,
  { audience, refused }: Renewing,
  tokens: JudgedTokens,
  { key, bound }: Exchange,
): SessionContent {
  const { claims } = tokens;
  const held = accessTokenOf(broker, tokens);
  const replacedAt = secondsNow(broker);
  // Access tokens of other audiences are bound to the key that the session is leaving.
  const others = key.id === record.key.id ? content.access : {};
  return {
    ...content,
    access: { ...others, [audience.name]: refused ? { ...held, replacedAt } : held },
    ...(bound && { bound }),
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    ...(claims && { claims: { ...content.claims, ...allowedClaims(broker, claims) } }),
  };
}

/**
 * Stores the answer before it is used, because the old refresh token may be spent. If the session ended meanwhile
 * (sign-out), the new tokens are revoked.
 */
async function store(
  context: RequestContext,
  session: Session,
  { owner }: Renewing,
  key: SigningKey,
  content: SessionContent,
  changes: Partial<SessionIndex> = {},
): Promise<Renewal> {
  const { env } = context;
  const { id, version } = session.record;
  const next = { id, version: version + 1 };
  const sealed = sealContent(session.secret, next, content);
  const pinned = { id: key.id, jkt: key.jkt, alg: key.alg };
  for (let attempt = 1; ; attempt++) {
    try {
      const held = { owner, version };
      if (await env.sessions.replaceTokens(id, held, { sealed, key: pinned, index: changes })) {
        const { lease: _freed, ...record } = session.record;
        const index = { ...record.index, ...changes };
        const stored = { ...record, ...next, sealed, key: pinned, index };
        return { kind: 'renewed', session: { ...session, record: stored, content } };
      }
      break;
    } catch (fault) {
      // The table cannot be reached. The lease gives us some time; after it, the server's grace window helps.
      if (attempt === storeAttempts) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
    }
  }
  const fresh = await openSession(env, session.secret);
  // An attempt that seemed to fail may have been stored after all.
  if (
    fresh?.record.version === next.version &&
    fresh.content.refreshToken === content.refreshToken
  ) {
    return { kind: 'renewed', session: fresh };
  }
  if (!fresh) await revokeTokens(context, { refreshToken: content.refreshToken });
  return { kind: 'superseded' };
}
