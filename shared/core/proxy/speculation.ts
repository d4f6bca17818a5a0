// What an environment remembers of sessions it has seen valid, so that it may ask for a signature while the table still
// confirms the session. It holds hashes and ids, never a token.
import type { SessionRecord } from '#core/ports.ts';

export interface Remembered {
  key: Pick<SessionRecord['key'], 'id' | 'jkt'>;
  /** The hashes of its access tokens, by audience. */
  ath: Readonly<Record<string, string>>;
  /** When a nonce was last stored beside the session, in epoch milliseconds. */
  nonceSavedAt: number;
}

export interface SessionMemory {
  get(id: string): Remembered | undefined;
  learn(id: string, key: SessionRecord['key'], audience: string, ath: string): void;
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
    learn(id, { id: keyId, jkt }, audience, ath) {
      const known = sessions.get(id);
      const same = known?.key.id === keyId && known.key.jkt === jkt ? known : undefined;
      if (same?.ath[audience] === ath) return keep(id, same);
      return keep(id, {
        key: { id: keyId, jkt },
        ath: { ...same?.ath, [audience]: ath },
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
