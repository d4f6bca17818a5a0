// People at the stand-in beside its own four, for runs with many users.
import type { Person } from '#infra/local/okta/people/people.ts';

export const userName = (nth: number) => `user${nth}`;

/** Has a second factor, and needs it only for a step-up. */
export const userAt = (host: string, nth: number, id: string): Person => ({
  username: userName(nth),
  id,
  email: `${userName(nth)}@${host}`,
  firstName: 'User',
  lastName: String(nth),
  note: '',
  admin: false,
  assigned: true,
  factors: ['code'],
  alwaysSecondFactor: false,
});
