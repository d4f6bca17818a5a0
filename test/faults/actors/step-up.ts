// An API wants a second factor: the page goes to the sign-in that the product names, and comes back with another session.
import type { Exchange, SessionRecorded } from '#test/faults/recording/recording.ts';
import type { Answer } from '#test/support/visitor.ts';
import { account, type Caller } from './calls.ts';
import type { Company } from './company.ts';
import { type SignedIn, signIn } from './sign-in.ts';

export interface SteppedUp {
  exchanges: Exchange[];
  arrived?: SignedIn | undefined;
}

export async function stepUp(
  company: Company,
  caller: Caller,
  previous: SessionRecorded,
): Promise<SteppedUp> {
  let login: string | undefined;
  const exchange = await account(company, caller, (answer) => {
    login = loginUrlIn(answer);
  });
  if (login === undefined) return { exchanges: [exchange] };
  const arrived = await signIn(company, caller.user, caller.visit, { previous, login });
  return { exchanges: [exchange], arrived };
}

const loginUrlIn = (answer: Answer): string | undefined =>
  answer.status === 401 ? answer.json<{ login_url?: string }>().login_url : undefined;
