// Remembers a limited number of results, each for a limited time. When it is full, the least recently used one goes.
import type { Clock } from '#core/ports.ts';

export interface BoundedCache<T> {
  get(key: string): T | undefined;
  /** `until`: epoch milliseconds. */
  set(key: string, value: T, until: number): void;
}

export function boundedCache<T>({ clock }: { clock: Clock }, most: number): BoundedCache<T> {
  const kept = new Map<string, { value: T; until: number }>();
  return {
    get(key) {
      const entry = kept.get(key);
      if (!entry) return undefined;
      kept.delete(key);
      if (entry.until <= clock.now()) return undefined;
      kept.set(key, entry);
      return entry.value;
    },
    set(key, value, until) {
      kept.delete(key);
      kept.set(key, { value, until });
      if (kept.size > most) kept.delete(kept.keys().next().value as string);
    },
  };
}
