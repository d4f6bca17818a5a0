// Signing out ends on a fresh page, back from Okta. A note of this tab tells it that nobody asked for a new sign-in.
import type { State } from '../index.ts';

const note = 'bff signed out';

type Why = Extract<State, { kind: 'signed_out' }>['why'];

export const hasSignedOut = (): boolean => storage()?.getItem(note) === '1';

/** Whoever signs in again is, later, a visitor like any other. */
export function noteSignOut(kind: State['kind'], why: Why | undefined): void {
  if (why === 'logout') storage()?.setItem(note, '1');
  else if (kind === 'signed_in') storage()?.removeItem(note);
}

/** A server has none, and a browser that blocks cookies refuses it. */
function storage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
