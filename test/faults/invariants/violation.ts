// What an invariant says when it does not hold.
import type { Exchange, Killed, Recording } from '#test/faults/recording/recording.ts';

export interface Violation {
  invariant: string;
  /** What happened, in one sentence. */
  what: string;
  /** When, and whose: for the history that is printed with it. */
  from: number;
  to: number;
  session?: string | undefined;
  user?: string | undefined;
}

export type Invariant = (recording: Recording) => Violation[];

export const about = (
  invariant: string,
  what: string,
  { from, to, session, user }: Pick<Exchange, 'from' | 'to' | 'session'> & { user?: string },
): Violation => ({ invariant, what, from, to, session, user });

export const said = ({ act, method, path, status, code }: Exchange): string =>
  `${act}: ${method} ${path} answered ${[status ?? 'nothing', code].filter(Boolean).join(' ')}`;

/** Whose environments renew sessions. */
export const renews = ({ function: name }: Killed): boolean =>
  name === 'proxy' || name === 'stream';

/** How long this machine was too busy to do anything at that time. */
export const stalledMs = (stalls: Recording['stalls'], from: number, to: number): number =>
  stalls.filter(({ at }) => at >= from && at <= to).reduce((sum, { ms }) => sum + ms, 0);
