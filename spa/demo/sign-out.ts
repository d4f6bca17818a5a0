// Signing out, and how it went. The browser comes back from Okta to a fresh page, which learns of it from a note.
import { type Bff, BffError } from '../client/index.ts';

const note = 'signing-out';

type Outcome = 'done' | 'offline' | 'failed';

let outcome: Outcome | undefined = takeNote() ? 'done' : undefined;

export const signOutOutcome = (): Outcome | undefined => outcome;
export const forgetSignOut = (): void => {
  outcome = undefined;
};

export async function signOutOf(bff: Bff, how: { onlyHere?: boolean }): Promise<void> {
  outcome = 'done';
  if (!how.onlyHere) sessionStorage.setItem(note, '1');
  try {
    await bff.logout(how);
  } catch (error) {
    takeNote();
    outcome = error instanceof BffError && error.code === 'offline' ? 'offline' : 'failed';
  }
}

function takeNote(): boolean {
  const noted = sessionStorage.getItem(note) !== null;
  sessionStorage.removeItem(note);
  return noted;
}
