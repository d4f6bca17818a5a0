// Remembers used proofs in one process. A proof can be used once in each process, so an API that runs in several needs a
// store that they share (shared/adapters/table/replay.ts).
import type { Clock } from '#core/ports.ts';
import type { ReplayStore } from './ports.ts';

/** When `most` proofs are remembered and none has expired, it cannot judge another one, and throws. */
export function memoryReplay({ clock }: { clock: Clock }, most = 200_000): ReplayStore {
  // In the order of their use, which is nearly the order of their ends: a proof is used when it is new.
  const used = new Map<string, number>();
  const forget = (now: number) => {
    for (const [proof, expiresAt] of used) {
      if (expiresAt >= now) return;
      used.delete(proof);
    }
  };
  return {
    async use(proof, expiresAt) {
      forget(clock.now() / 1000);
      if (used.has(proof)) return false;
      if (used.size >= most) throw new Error(`more than ${most} proofs are in use`);
      used.set(proof, expiresAt);
      return true;
    },
  };
}
