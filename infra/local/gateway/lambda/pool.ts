// The environments of one function: one event at a time in each, and more on demand up to a limit. Lambda refuses at
// its limit at once. Here the limit is small, so a bounded queue comes first.
import {
  type Environment,
  type Holdings,
  type Invocation,
  type InvocationOutcome,
  startEnvironment,
} from './environment.ts';
import type { LambdaFunction } from './variables.ts';

export interface PoolLimits {
  containers: number;
  /** How many events may wait for an environment; more are throttled. */
  queue: number;
  /** An environment that has been idle for this long is recycled. */
  idleMs: number;
}

/** `nth`: it was the nth environment to start, counted from 1. */
export type Measured = Holdings & { nth: number };

export interface Pool {
  /** Never rejects. `signal` withdraws an event that still waits for an environment. */
  invoke(invocation: Invocation, signal?: AbortSignal): Promise<InvocationOutcome>;
  /** Ends every idle environment, so that the next event starts cold. */
  recycle(): Promise<void>;
  /** Ends one environment (the nth of all, counted round), whatever it is doing: false if there is none. */
  kill(nth: number): boolean;
  /** What each environment keeps, in the order of their starts. */
  measure(): Promise<Measured[]>;
  end(): Promise<void>;
  readonly environments: number;
}

export function createPool(
  lambda: LambdaFunction,
  limits: PoolLimits,
  onLog: (line: string) => void,
): Pool {
  const idle: { environment: Environment; timer: NodeJS.Timeout }[] = [];
  const all = new Map<Environment, number>();
  let started = 0;
  const waiting: { invocation: Invocation; resolve: (outcome: InvocationOutcome) => void }[] = [];
  let closed = false;

  const drop = async (environment: Environment) => {
    all.delete(environment);
    await environment.end();
  };

  const run = async (
    environment: Environment,
    invocation: Invocation,
  ): Promise<InvocationOutcome> => {
    const outcome = await environment.run(invocation);
    if (environment.ended || closed) {
      void drop(environment);
      startWaiting();
    } else {
      release(environment);
    }
    return outcome;
  };

  const release = (environment: Environment) => {
    const next = waiting.shift();
    if (next) {
      void run(environment, next.invocation).then(next.resolve);
      return;
    }
    const timer = setTimeout(() => {
      const at = idle.findIndex((entry) => entry.environment === environment);
      if (at >= 0) idle.splice(at, 1);
      void drop(environment);
    }, limits.idleMs);
    timer.unref();
    idle.push({ environment, timer });
  };

  /** A crash frees a place: the next event in the queue gets a new environment. */
  const startWaiting = () => {
    if (closed || all.size >= limits.containers) return;
    const next = waiting.shift();
    if (next) void run(start(), next.invocation).then(next.resolve);
  };

  const start = () => {
    const environment = startEnvironment(lambda, onLog);
    started += 1;
    all.set(environment, started);
    return environment;
  };

  return {
    get environments() {
      return all.size;
    },

    async invoke(invocation, signal) {
      if (closed) return { kind: 'throttled' };
      // The most recently used one comes first, as on Lambda, so that the others can be recycled.
      const warm = idle.pop();
      if (warm) {
        clearTimeout(warm.timer);
        return run(warm.environment, invocation);
      }
      if (all.size < limits.containers) return run(start(), invocation);
      if (waiting.length >= limits.queue) return { kind: 'throttled' };
      return new Promise<InvocationOutcome>((resolve) => {
        const entry = { invocation, resolve };
        waiting.push(entry);
        signal?.addEventListener('abort', () => {
          const at = waiting.indexOf(entry);
          if (at < 0) return;
          waiting.splice(at, 1);
          resolve({ kind: 'throttled' });
        });
      });
    },

    async recycle() {
      const resting = idle.splice(0);
      await Promise.all(
        resting.map(({ environment, timer }) => {
          clearTimeout(timer);
          return drop(environment);
        }),
      );
    },

    kill(nth) {
      const environment = [...all.keys()][nth % all.size];
      if (!environment) return false;
      const at = idle.findIndex((entry) => entry.environment === environment);
      const [resting] = at < 0 ? [] : idle.splice(at, 1);
      clearTimeout(resting?.timer);
      // One that is busy is dropped when its event has failed.
      void (resting ? drop(environment) : environment.end());
      return true;
    },

    async measure() {
      const measured = [...all].map(async ([environment, nth]) => {
        const holdings = await environment.measure();
        return holdings ? [{ ...holdings, nth }] : [];
      });
      return (await Promise.all(measured)).flat();
    },

    async end() {
      closed = true;
      for (const { resolve } of waiting.splice(0)) resolve({ kind: 'throttled' });
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all([...all.keys()].map(drop));
    },
  };
}
