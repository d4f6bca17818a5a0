// Ports whose calls take a turn of the event loop, as a network does, and are counted while they are under way. Lambda
// stops an environment once it has answered: what is under way then may never end.
import { setTimeout as wait } from 'node:timers/promises';

type Call = (...args: unknown[]) => unknown;

export interface Counted<T> {
  ports: T;
  underWay(): number;
}

/** `slow` names what takes longer than all the rest: what is not waited for would else be over by chance. */
export function underWayIn<T extends object>(
  ports: T,
  names: readonly (keyof T)[],
  slow?: string,
): Counted<T> {
  let calls = 0;
  const counted =
    (name: string | symbol, call: Call): Call =>
    async (...args) => {
      calls += 1;
      try {
        await (name === slow ? wait(100) : new Promise(setImmediate));
        return await call(...args);
      } finally {
        calls -= 1;
      }
    };
  const wrapped = (name: string | symbol, port: unknown): unknown =>
    typeof port === 'function'
      ? counted(name, port as Call)
      : new Proxy(port as object, {
          get(target, name) {
            const method = Reflect.get(target, name);
            // Whoever walks through what is found waits for each of it.
            if (typeof method !== 'function' || name === 'find') return method;
            return counted(name, (...args) => (method as Call).apply(target, args));
          },
        });
  const all = Object.fromEntries(names.map((name) => [name, wrapped(String(name), ports[name])]));
  return { ports: { ...ports, ...all }, underWay: () => calls };
}
