// What hooks show: the state, and whether a page should still wait for it.
import type { Bff, SignedIn, State, User } from './types.ts';

/** `isLoading`: not asked yet, or not answered yet. After a failed request it is false, and `error` says why. */
export type Seen<Claims extends object = User> = State<Claims> & { isLoading: boolean };

export const seen = <Claims extends object>(state: State<Claims>): Seen<Claims> => ({
  ...state,
  isLoading: state.kind === 'unknown' && !state.error,
});

/** For guards: the session as it is known, or else as the broker answers; undefined when nobody is signed in. */
export async function sessionOf<Claims extends object>(
  bff: Bff<Claims>,
): Promise<SignedIn<Claims> | undefined> {
  const { session, endsAt = 0 } = bff.state;
  if (session && endsAt > Date.now()) return session;
  const answer = await bff.session();
  return answer.authenticated ? answer : undefined;
}
