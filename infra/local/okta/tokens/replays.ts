// Remembers the jti of a proof for as long as the proof is acceptable.

export interface Replays {
  /** Returns true the first time. */
  firstUse(jti: string): boolean;
}

export function replays(keepMs = 600_000): Replays {
  const seen = new Map<string, number>();
  return {
    firstUse(jti) {
      const now = Date.now();
      for (const [old, at] of seen) {
        if (now - at < keepMs) break;
        seen.delete(old);
      }
      if (seen.has(jti)) return false;
      seen.set(jti, now);
      return true;
    },
  };
}
