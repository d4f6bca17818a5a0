// Ports whose calls take a turn of the event loop, as a network does, and are counted while they are under way. Lambda
// stops an environment once it has answered: what is under way then may never end.
type Call = (...args: unknown[]) => unknown;

export interface Counted<T> {
  ports: T;
  underWay(): number;
}

export function underWayIn<T extends object>(ports: T, names: readonly (keyof T)[]): Counted<T> {
  let calls = 0;
  const counted =
    (call: Call): Call =>
    async (...args) => {
      calls += 1;
      try {
        await new Promise(setImmediate);
        return await call(...args);
      } finally {
        calls -= 1;
      }
    };
  const wrapped = (port: unknown): unknown =>
    typeof port === 'function'
      ? counted(port as Call)
      : new Proxy(port as object, {
          get(target, name) {
            const method = Reflect.get(target, name);
            // Whoever walks through what is found waits for each of it.
            if (typeof method !== 'function' || name === 'find') return method;
            return counted((...args) => (method as Call).apply(target, args));
          },
        });
  const all = Object.fromEntries(names.map((name) => [name, wrapped(ports[name])]));
  return { ports: { ...ports, ...all }, underWay: () => calls };
}
