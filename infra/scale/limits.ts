// What limits: so many at once, or so many a second.
import type { Simulation } from './events.ts';

/** Servers with a queue. Whoever finds the queue full is turned away. */
export interface Servers {
  enter(begin: () => void): boolean;
  leave(): void;
  busy(): number;
}

export function servers(most: number, mostWaiting = Number.POSITIVE_INFINITY): Servers {
  const waiting: (() => void)[] = [];
  let first = 0;
  let busy = 0;
  return {
    enter(begin) {
      if (busy < most) {
        busy += 1;
        begin();
        return true;
      }
      if (waiting.length - first >= mostWaiting) return false;
      waiting.push(begin);
      return true;
    },
    leave() {
      const next = waiting[first];
      if (!next) {
        busy -= 1;
        return;
      }
      first += 1;
      if (first > 10_000) {
        waiting.splice(0, first);
        first = 0;
      }
      next();
    },
    busy: () => busy,
  };
}

/** A token bucket, as AWS throttles: refilled all the time, and full at first. */
export interface Bucket {
  take(count?: number): boolean;
}

export function bucket({ now }: Pick<Simulation, 'now'>, rate: number, burst = rate): Bucket {
  let held = burst;
  let at = 0;
  return {
    take(count = 1) {
      held = Math.min(burst, held + (now() - at) * rate);
      at = now();
      if (held < count) return false;
      held -= count;
      return true;
    },
  };
}
