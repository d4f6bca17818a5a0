// What is simulated, and what comes of it.
import type { QuotaName, Quotas } from './quotas.ts';

export interface Load {
  /** Calls a second, at a time. */
  rate: (second: number) => number;
  seconds: number;
  users: number;
  quotas: Quotas;
  seed: number;
  /** The authorization server answers nothing from then to then. */
  outage?: { from: number; to: number };
  /** The share of sessions whose token is over at the beginning. */
  expired?: number;
  /** Seconds that a token lives. */
  tokenSeconds?: number;
  times?: Times;
}

/** Means, in seconds. */
export interface Times {
  table: number;
  signer: number;
  upstream: number;
  tokens: number;
  coldStart: number;
}

export const usualTimes: Times = {
  table: 0.005,
  signer: 0.015,
  upstream: 0.1,
  tokens: 0.15,
  coldStart: 0.3,
};

export type Refusal = QuotaName | 'authorizationServer';

export interface Outcome {
  offered: number;
  served: number;
  refused: Map<Refusal, number>;
  /** Seconds, of the calls that were served, waits for Retry-After included. */
  p50: number;
  p99: number;
  renewals: number;
  signatures: number;
  /** The most environments at once. */
  environments: number;
  /** When the last call was refused. */
  lastRefusal: number;
}
