import { expect, test } from 'vitest';
import { tokenFates } from '#core/proxy/fates.ts';
import { sessionMemory } from '#core/proxy/speculation.ts';
import { boundedCache } from '#core/resource-server/bounded-cache.ts';

const most = 3;

/** Whatever an environment remembers, callers choose how much of it there could be. */
const memories: Record<string, () => { put(name: string): void; has(name: string): boolean }> = {
  'the fates of tokens': () => {
    const fates = tokenFates(most);
    return {
      put: (name) => fates.note('/bff/api/*', name, 'taken'),
      has: (name) => fates.of('/bff/api/*', name) !== undefined,
    };
  },
  'the sessions seen last': () => {
    const memory = sessionMemory(most);
    const seen = { key: { id: 'key', jkt: 'jkt', alg: 'ES256' as const }, device: undefined };
    return {
      put: (name) => memory.learn(name, seen, '', { ath: 'hash', expiresAt: 1 }),
      has: (name) => memory.get(name) !== undefined,
    };
  },
  'the answers about tokens': () => {
    const cache = boundedCache<string>({ clock: { now: () => 0 } }, most);
    return {
      put: (name) => cache.set(name, name, 1),
      has: (name) => cache.get(name) !== undefined,
    };
  },
};

test.each(Object.entries(memories))(
  '%s are bounded: as many as may be are kept, and the oldest makes room',
  (_, make) => {
    const memory = make();
    for (const name of ['a', 'b', 'c']) memory.put(name);
    expect(['a', 'b', 'c'].filter((name) => memory.has(name))).toEqual(['a', 'b', 'c']);
    memory.put('d');
    expect(['a', 'b', 'c', 'd'].filter((name) => memory.has(name))).toEqual(['b', 'c', 'd']);
  },
);
