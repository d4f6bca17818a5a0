// What a run writes down, and what the invariants read. Times are milliseconds since its start.
import type { Death, Dependency, Fault } from '#test/faults/plan/kinds.ts';

/** What a user, an administrator or a thief did at the product, and what came of it. */
export interface Exchange {
  id: string;
  act: Act;
  user: string;
  /** The session whose cookie went along. */
  session?: string | undefined;
  method: string;
  path: string;
  from: number;
  to: number;
  /** Absent: the connection died. */
  status?: number;
  type?: string;
  code?: string;
  retryAfter?: string;
  /** What /bff/session said. */
  authenticated?: boolean;
  /** Whose data came back, and the id of the request that they answer. */
  sub?: string;
  echoed?: string;
  /** It was tried before, and the answer may have been lost on the way. */
  again?: boolean;
}

export type Act =
  | 'login'
  | 'callback'
  | 'get'
  | 'post'
  | 'okta'
  | 'account'
  | 'orders'
  | 'session'
  | 'stream'
  | 'sign_out'
  | 'sign_out_form'
  | 'register_device'
  | 'refresh_device'
  /** A cookie or a proof in the wrong hands. */
  | 'without_device'
  | 'stolen_proof'
  | 'universal_logout'
  | 'back_channel'
  | 'front_channel'
  /** Through CloudFront, and around it. */
  | 'origin'
  | 'around_origin'
  | 'operator';

/** A request of the product as it arrived at a dependency on the wire. */
export interface Arrival {
  dependency: Dependency;
  step: string;
  from: number;
  /** When it was answered, or its connection closed. */
  to: number;
  method: string;
  path: string;
  fault?: Fault;
  /** The server got it and acted. */
  acted: boolean;
  /** The status that the server gave, and whether it demanded another try (a nonce, another token). */
  status?: number;
  error?: string;
  /** The whole answer of the server was passed on. */
  delivered: boolean;
  scheme?: string;
  proof?: string;
  /** The thumbprint of the key that signed the proof. */
  jkt?: string;
  assertion?: string;
  /** Names the request of the user that it serves. */
  call?: string;
  /** The code that was redeemed, by name. */
  code?: string;
  /** The session that the token or code is of. */
  session?: string;
  audience?: string;
  expiresIn?: number;
}

export interface SessionRecorded {
  name: string;
  user: string;
  from: number;
  /** Why it may be over from then on, and since when it must be. */
  endings: Ending[];
}

export interface Ending {
  why: string;
  begun: number;
  confirmed?: number;
}

export interface Injected {
  at: number;
  dependency: Dependency;
  step: string;
  nth: number;
  fault: Fault | Death;
  /** Whose item it struck. */
  session?: string;
}

export interface Killed {
  at: number;
  function: string;
}

/** A key that the operator took out. */
export interface Disabled {
  jkt: string;
  /** When the operator was told that it signs no more. */
  at: number;
}

/** This machine was too busy for anything, for so long. */
export interface Stall {
  at: number;
  ms: number;
}

/** What somebody should be able to do once everything is back. */
export interface Recovery {
  who: string;
  what: string;
  well: boolean;
}

export interface Recording {
  exchanges: Exchange[];
  arrivals: Arrival[];
  sessions: SessionRecorded[];
  injected: Injected[];
  kills: Killed[];
  disabled: Disabled[];
  stalls: Stall[];
  recoveries: Recovery[];
  /** What the functions printed. */
  lines: string[];
  /** Everything secret that was on the wire, with its name. */
  secrets: ReadonlyMap<string, string>;
}
