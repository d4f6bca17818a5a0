// Signs ahead: while the table still confirms a session, the proof for the token that this environment saw last is
// already being made. For that the environment remembers sessions that it has seen valid: hashes and ids, never a token.
import { type Broker, secondsNow } from '#core/broker.ts';
import type { BoundCookie, SessionRecord } from '#core/ports.ts';
import { proofForCall } from './proof-for-call.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Target } from './url/target.ts';

/** A proof that was requested before the table confirmed the session. */
export interface SignedAhead {
  /** Returns the proof if it is still the right one; otherwise it is thrown away. */
  proofFor(key: SessionRecord['key'], ath: string): Promise<string> | undefined;
}

/** Returns undefined unless this environment has seen the session valid with a token for this audience. */
export function signAhead(
  broker: Broker,
  watch: Stopwatch,
  memory: SessionMemory,
  target: Target,
  { id, deviceHash }: { id: string; deviceHash: string | undefined },
): SignedAhead | undefined {
  const { audience } = target.route;
  const known = memory.get(id);
  const token = audience && known?.tokens[audience.name];
  // Once a token is over, the call goes out with another one, or not at all.
  if (!known || !token || secondsNow(broker) >= token.expiresAt) return undefined;
  const { ath } = token;
  if (known.device && !isProven(broker, known.device, deviceHash)) return undefined;
  const nonce = broker.nonces.get('rs', target.url);
  const proof = watch.time('signer', proofForCall(broker, target, known.key, ath));
  // The table may say first that there is no session: then nobody waits for this proof.
  proof.catch(() => {});
  return {
    proofFor: (key, wanted) =>
      key.id === known.key.id &&
      key.jkt === known.key.jkt &&
      wanted === ath &&
      broker.nonces.get('rs', target.url) === nonce
        ? proof
        : undefined,
  };
}

const isProven = (
  broker: Pick<Broker, 'clock'>,
  { hash, endsAt }: BoundCookie,
  deviceHash: string | undefined,
): boolean => deviceHash === hash && secondsNow(broker) < endsAt;

export interface Remembered {
  key: Pick<SessionRecord['key'], 'id' | 'jkt'>;
  /** The cookie that proved the device, for a session that is bound. */
  device: BoundCookie | undefined;
  /** Its access tokens, by audience. */
  tokens: Readonly<Record<string, RememberedToken>>;
  /** When a nonce was last stored beside the session, in epoch milliseconds. */
  nonceSavedAt: number;
}

export interface RememberedToken {
  /** Its hash. */
  ath: string;
  expiresAt: number;
}

export interface SessionMemory {
  get(id: string): Remembered | undefined;
  learn(
    id: string,
    seen: Pick<Remembered, 'key' | 'device'>,
    audience: string,
    token: RememberedToken,
  ): void;
  savedNonce(id: string, at: number): void;
  forget(id: string): void;
}

export function sessionMemory(mostSessions = 2_000): SessionMemory {
  const sessions = new Map<string, Remembered>();
  const keep = (id: string, remembered: Remembered) => {
    sessions.delete(id);
    sessions.set(id, remembered);
    if (sessions.size > mostSessions) sessions.delete(sessions.keys().next().value as string);
  };
  return {
    get: (id) => sessions.get(id),
    learn(id, { key: { id: keyId, jkt }, device }, audience, { ath, expiresAt }) {
      const known = sessions.get(id);
      const same = known?.key.id === keyId && known.key.jkt === jkt ? known : undefined;
      keep(id, {
        key: { id: keyId, jkt },
        device,
        tokens: { ...same?.tokens, [audience]: { ath, expiresAt } },
        nonceSavedAt: known?.nonceSavedAt ?? 0,
      });
    },
    savedNonce(id, at) {
      const known = sessions.get(id);
      if (known) sessions.set(id, { ...known, nonceSavedAt: at });
    },
    forget: (id) => sessions.delete(id),
  };
}
