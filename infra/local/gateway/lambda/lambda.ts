// The functions of one system, each with its pool of environments.
import { randomUUID } from 'node:crypto';
import type { InvocationOutcome, Sink } from './environment.ts';
import { createPool, type Measured, type Pool, type PoolLimits } from './pool.ts';
import type { LambdaFunction } from './variables.ts';

export interface Functions {
  has(name: string): boolean;
  arnOf(name: string): string | undefined;
  /** `payload` is JSON. Never rejects. */
  invoke(name: string, payload: string, call?: InvocationCall): Promise<InvocationOutcome>;
  /** Ends the idle environments, so that the next event starts cold. */
  recycle(name?: string): Promise<void>;
  environments(name: string): number;
  /** What each environment keeps between two events. */
  measure(): Promise<(Measured & { function: string })[]>;
  /** Ends one of its environments, also in the middle of an event, as a crash does. */
  kill(name: string, nth?: number): boolean;
  end(): Promise<void>;
}

export interface InvocationCall {
  requestId?: string;
  traceId?: string;
  /** Withdraws an event that still waits for an environment. */
  signal?: AbortSignal;
  sink?: Sink;
}

export const defaultLimits: PoolLimits = { containers: 8, queue: 1000, idleMs: 5 * 60_000 };

export function createFunctions(
  list: LambdaFunction[],
  limits: Partial<PoolLimits>,
  onLog: (name: string, line: string) => void,
): Functions {
  const pools = new Map<string, { lambda: LambdaFunction; pool: Pool }>();
  for (const lambda of list) {
    const pool = createPool(lambda, { ...defaultLimits, ...limits }, (line) =>
      onLog(lambda.name, line),
    );
    pools.set(lambda.name, { lambda, pool });
  }
  return {
    has: (name) => pools.has(name),
    arnOf: (name) => pools.get(name)?.lambda.arn,
    async invoke(name, payload, call = {}) {
      const entry = pools.get(name);
      if (!entry) throw new Error(`there is no function ${name}`);
      const { requestId = randomUUID(), traceId = '', signal, sink } = call;
      return entry.pool.invoke({ payload, requestId, traceId, sink }, signal);
    },
    async recycle(name) {
      const chosen = name === undefined ? [...pools.values()] : [pools.get(name)];
      await Promise.all(chosen.map((entry) => entry?.pool.recycle()));
    },
    environments: (name) => pools.get(name)?.pool.environments ?? 0,
    async measure() {
      const measured = [...pools].map(async ([name, { pool }]) =>
        (await pool.measure()).map((one) => ({ ...one, function: name })),
      );
      return (await Promise.all(measured)).flat();
    },
    kill: (name, nth = 0) => pools.get(name)?.pool.kill(nth) ?? false,
    async end() {
      await Promise.all([...pools.values()].map(({ pool }) => pool.end()));
    },
  };
}
