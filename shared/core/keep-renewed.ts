// What becomes of the tokens that a renewal brought.
import { type Broker, secondsNow } from './broker.ts';
import type { SessionIndex, SigningKey } from './ports.ts';
import type { Exchange } from './rebind.ts';
import type { Renewal, Renewing } from './refresh.ts';
import { revoke } from './revoke.ts';
import { isRevoked } from './revoked.ts';
import { openSession, type Session, type SessionContent, sealContent } from './session.ts';
import { accessTokenOf, allowedClaims } from './session-content.ts';
import { indexChanges } from './subject.ts';
import type { JudgedTokens } from './token-response.ts';

const storeAttempts = 4;

/** A session is found by what its newest ID token says. Whoever named its user so until now left a mark, and did not find it. */
export async function keepRenewed(
  broker: Broker,
  session: Session,
  renewing: Renewing,
  tokens: JudgedTokens,
  exchange: Exchange,
): Promise<Renewal> {
  const { record, content } = session;
  const { claims } = tokens;
  const next = renewedContent(broker, session, renewing, tokens, exchange);
  const index = claims ? indexChanges(broker.config.issuer, record.index, claims) : {};
  if (Object.keys(index).length === 0) return store(broker, session, renewing, exchange.key, next);
  const startedAt = content.startedAt ?? record.createdAt;
  const revoked = await isRevoked(broker, index, startedAt).catch(() => undefined);
  if (revoked) {
    return { kind: 'fatal', why: 'revoked', revoke: { refreshToken: next.refreshToken } };
  }
  // Where the marks cannot be read, the next renewal finds the same change, and asks again.
  const known = revoked === undefined ? {} : index;
  return store(broker, session, renewing, exchange.key, next, known);
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
  // An API that refuses whatever it gets would have each of its calls renewed.
  const finalUntil = secondsNow(broker) + tokens.expiresIn / 2;
  // Access tokens of other audiences are bound to the key that the session leaves.
  const others = key.id === record.key.id ? content.access : {};
  return {
    ...content,
    access: { ...others, [audience.name]: refused ? { ...held, finalUntil } : held },
    ...(bound && { bound }),
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    ...(claims && { claims: { ...content.claims, ...allowedClaims(broker, claims) } }),
  };
}

/**
 * The answer is stored before it is used: the old refresh token may be spent. If the session went away
 * meanwhile (sign-out), what we got must not outlive it.
 */
async function store(
  broker: Broker,
  session: Session,
  { owner }: Renewing,
  key: SigningKey,
  content: SessionContent,
  changes: Partial<SessionIndex> = {},
): Promise<Renewal> {
  const { id, version } = session.record;
  const next = { id, version: version + 1 };
  const sealed = sealContent(session.secret, next, content);
  const pinned = { id: key.id, jkt: key.jkt, alg: key.alg };
  for (let attempt = 1; ; attempt++) {
    try {
      const held = { owner, version };
      if (await broker.sessions.replaceTokens(id, held, { sealed, key: pinned, index: changes })) {
        const { lease: _freed, ...record } = session.record;
        const index = { ...record.index, ...changes };
        const stored = { ...record, ...next, sealed, key: pinned, index };
        return { kind: 'renewed', session: { ...session, record: stored, content } };
      }
      break;
    } catch (fault) {
      // The table is away: the lease gives us some time. After it, the grace window recovers.
      if (attempt === storeAttempts) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
    }
  }
  const fresh = await openSession(broker, session.secret);
  // An attempt that seemed to fail may have been the one that was stored.
  if (
    fresh?.record.version === next.version &&
    fresh.content.refreshToken === content.refreshToken
  ) {
    return { kind: 'renewed', session: fresh };
  }
  if (!fresh) await revoke(broker, { refreshToken: content.refreshToken });
  return { kind: 'superseded' };
}
