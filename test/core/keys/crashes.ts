// An operator that dies at a given call to the table or to KMS: before the call, or after it was carried out.
import type { Operator } from '#core/keys/operator.ts';

export class Crash extends Error {}

type Ports = Pick<Operator, 'rings' | 'admin' | 'signer' | 'sessions' | 'census' | 'marks'>;
type Call = (...args: unknown[]) => unknown;

export type When = 'before' | 'after';

/** `calls` counts on: compare it with `at` to see whether the crash happened. */
export function dying(
  op: Operator,
  { at, when }: { at: number; when: When },
): Operator & { calls(): number } {
  let calls = 0;
  let dead = false;
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        const isDue = (): boolean => {
          calls += 1;
          return calls === at;
        };
        const call = (args: unknown[]) => (method as Call).apply(target, args);
        if (name === 'find') {
          return async function* (...args: unknown[]) {
            const mine = isDue();
            dead ||= mine && when === 'before';
            if (dead) throw new Crash();
            yield* call(args) as AsyncIterable<unknown>;
            dead ||= mine;
            if (dead) throw new Crash();
          };
        }
        return async (...args: unknown[]) => {
          const mine = isDue();
          dead ||= mine && when === 'before';
          if (dead) throw new Crash();
          const result = await call(args);
          dead ||= mine;
          if (dead) throw new Crash();
          return result;
        };
      },
    });
  const ports: Ports = {
    rings: wrap(op.rings),
    admin: wrap(op.admin),
    signer: wrap(op.signer),
    sessions: wrap(op.sessions),
    census: wrap(op.census),
    marks: wrap(op.marks),
  };
  return { ...op, ...ports, calls: () => calls };
}
