// Decides which key a refresh proves (RFC 9449 section 5). A public client's refresh token is bound to its key. A
// confidential client's is bound by client authentication, so a refresh may move the session to the active key
// (dpop.rebindOnRefresh). Okta's guide binds both: if the server refuses the active key, the same renewal proves the
// pinned one, and later renewals do not try the active key again.

import { type Broker, type RequestContext, secondsNow } from '#core/broker.ts';
import { didNotSign } from '#core/dpop/active-key.ts';
import { pinnedKey } from '#core/dpop/signing.ts';
import type { TokenOutcome } from '#core/issuer/token-response.ts';
import type { SigningKey } from '#core/ports.ts';
import type { Session } from '#core/session/session.ts';

export interface Exchange {
  key: SigningKey;
  outcome: TokenOutcome;
  /** The server bound the refresh token to its key, so the session stays on it. */
  bound: boolean;
}

/** How long an environment remembers one refusal. */
const rememberedSeconds = 3600;

export async function exchangeWith(
  { env, log }: RequestContext,
  session: Session,
  attempt: (key: SigningKey) => Promise<TokenOutcome>,
): Promise<Exchange> {
  const { rebindOnRefresh } = env.config.dpop;
  const active = rebindOnRefresh ? await otherActiveKey(env, session) : undefined;
  const moved = active && (await tried(active, attempt));
  if (active && moved && !isKeyRefused(moved)) return { key: active, outcome: moved, bound: false };
  const key = await pinnedKey(env, session.record.key);
  const outcome = await attempt(key);
  const bound = moved !== undefined && outcome.kind === 'tokens';
  if (bound) {
    env.learned.activeKeyRefusedUntil = secondsNow(env) + rememberedSeconds;
    log('refresh.not_rebound');
  }
  return { key, outcome, bound };
}

/** Returns undefined when the active key does not sign. The session can do without that key. */
async function tried(
  key: SigningKey,
  attempt: (key: SigningKey) => Promise<TokenOutcome>,
): Promise<TokenOutcome | undefined> {
  try {
    return await attempt(key);
  } catch (fault) {
    if (didNotSign(fault)) return undefined;
    throw fault;
  }
}

/** The active key, if the session is not on it and may move there. */
async function otherActiveKey(
  broker: Broker,
  { record, content }: Session,
): Promise<SigningKey | undefined> {
  if (content.bound || secondsNow(broker) < (broker.learned.activeKeyRefusedUntil ?? 0)) {
    return undefined;
  }
  try {
    const id = await broker.keyRing.active('dpop');
    if (id === record.key.id) return undefined;
    // A session whose own key was taken out is not saved: it ends.
    if (await broker.keyRing.disabled('dpop', record.key.id)) return undefined;
    return await broker.signer.key(id);
  } catch {
    // The pinned key remains.
    return undefined;
  }
}

const isKeyRefused = (outcome: TokenOutcome): boolean =>
  outcome.kind === 'refused' && outcome.error === 'invalid_dpop_proof';
