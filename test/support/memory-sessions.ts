// Sessions in memory, judged by the same contract as the table: for tests of what is around a store.
import type { Clock, SessionRecord, SessionStore, StoredSession } from '#core/ports.ts';

export function memorySessions(clock: Clock): SessionStore {
  const kept = new Map<string, StoredSession>();
  const now = () => Math.floor(clock.now() / 1000);
  const live = (id: string): StoredSession | undefined => {
    const stored = kept.get(id);
    if (!stored) return undefined;
    const { lastSeenAt, idleSeconds, expiresAt } = stored.session;
    return now() < Math.min(lastSeenAt + idleSeconds, expiresAt) ? stored : undefined;
  };
  /** True when there was something to change. */
  const change = (
    id: string,
    may: (session: SessionRecord) => boolean,
    next: (session: SessionRecord) => SessionRecord,
  ): boolean => {
    const stored = live(id);
    if (!stored || !may(stored.session)) return false;
    kept.set(id, { ...stored, session: next(stored.session) });
    return true;
  };
  const free = ({ lease: _lease, ...session }: SessionRecord): SessionRecord => session;

  return {
    read: async (id) => structuredClone(live(id)),
    async create(session, nonces = {}) {
      if (kept.has(session.id)) throw new Error('there is a session with this id');
      kept.set(session.id, structuredClone({ session, nonces }));
    },
    touch: async (id, lastSeenAt) =>
      change(
        id,
        (session) => session.lastSeenAt <= lastSeenAt,
        (session) => ({ ...session, lastSeenAt }),
      ),
    takeLease: async (id, version, lease) =>
      change(
        id,
        (session) =>
          session.version === version &&
          (!session.lease || session.lease.until <= now() || session.lease.owner === lease.owner),
        (session) => ({ ...session, lease }),
      ),
    async replaceTokens(id, { owner, version }, next) {
      const session = live(id)?.session;
      const done =
        session?.version === version + 1 &&
        !session.lease &&
        Buffer.compare(session.sealed, next.sealed) === 0;
      if (done) return true;
      return change(
        id,
        (one) => one.version === version && one.lease?.owner === owner,
        (one) => ({
          ...free(one),
          ...structuredClone(next),
          index: { ...one.index, ...next.index },
          version: version + 1,
        }),
      );
    },
    async freeLease(id, owner) {
      change(id, ({ lease }) => lease?.owner === owner, free);
    },
    async countStepUp(id, stepUps) {
      change(
        id,
        () => true,
        (session) => ({ ...session, stepUps }),
      );
    },
    bindDevice: async (id, challengeSecret, next) =>
      change(
        id,
        ({ device }) =>
          device?.challengeSecret === challengeSecret ||
          device?.challengeSecret === next.challengeSecret,
        (session) => ({ ...session, device: structuredClone(next) }),
      ),
    async end(id, version) {
      const stored = kept.get(id);
      if (!stored) return 'gone';
      if (version !== undefined && stored.session.version !== version) return 'moved';
      kept.delete(id);
      return 'ended';
    },
    async saveNonce(id, name, nonce) {
      const stored = kept.get(id);
      if (stored) kept.set(id, { ...stored, nonces: { ...stored.nonces, [name]: nonce } });
    },
    async takeStream(id, place, begun, before) {
      const stored = kept.get(id);
      const held = stored?.streams?.[place];
      if (!stored || (held !== undefined && held !== begun && held >= before)) return false;
      kept.set(id, { ...stored, streams: { ...stored.streams, [place]: begun } });
      return true;
    },
    async freeStream(id, place, begun) {
      const stored = kept.get(id);
      if (stored?.streams?.[place] !== begun) return;
      const { [place]: _freed, ...streams } = stored.streams;
      const { streams: _streams, ...rest } = stored;
      kept.set(id, { ...rest, ...(Object.keys(streams).length > 0 && { streams }) });
    },
    async *find(by, value) {
      for (const [id, { session }] of kept) {
        const found = by === 'key' ? session.key.id : session.index[by];
        if (found === value && live(id)) yield id;
      }
    },
  };
}
