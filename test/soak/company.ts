// What users and incidents share.
import type { Chance } from '#test/faults/plan/chance.ts';
import type { Device } from '#test/support/device.ts';
import type { Visitor } from '#test/support/visitor.ts';
import type { Tally } from './tally.ts';

export interface Company {
  url: string;
  /** The company's own API, which its authorizer guards. */
  ownApi: string;
  tally: Tally;
  chance: Chance;
  goesOn(): boolean;
  /** The average rest between two deeds. */
  restMs: number;
  /** They do not all come at once. */
  comeWithinMs: number;
  /** A request of which nothing is wanted. */
  bare(): Promise<unknown>;
}

export interface User {
  readonly name: string;
  /** Their browser keeps a key in the device, and binds sessions to it. */
  readonly hasDevice: boolean;
  /** Somebody else may have ended the session: it may be over, and has to be signed in anew. */
  mayBeOver: boolean;
  live(): Promise<void>;
}

export interface State {
  user: User;
  visit: Visitor;
  /** Another number for each deed. */
  nth: number;
  /** The challenge by which the newest session can be bound. */
  offer?: string | undefined;
  bound?: Bound | undefined;
}

export interface Bound {
  device: Device;
  /** For the next proof. */
  challenge: string;
}

export type Deed = (company: Company, state: State) => Promise<unknown>;
