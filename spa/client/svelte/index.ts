// Svelte 4 and 5: a store that follows the session, and a guard for SvelteKit. Svelte itself is not imported: a store
// is anything with `subscribe`.
import { type Bff, BffError, type SignedIn } from '../index.ts';
import { type Seen, seen, sessionOf } from '../seen.ts';

export type { Seen } from '../seen.ts';

/** A store, as Svelte's `$` takes it. */
export interface SessionStore<Claims extends object> {
  /** Calls `run` now and on every change. Returns how to stop that. */
  subscribe(run: (state: Seen<Claims>) => void): () => void;
}

/** `const session = sessionStore(bff)`, then `$session`. Asks once, then follows every change, in other tabs too. */
export const sessionStore = <Claims extends object>(bff: Bff<Claims>): SessionStore<Claims> => ({
  subscribe(run) {
    run(seen(bff.state));
    // A page rendered on a server has nothing to watch.
    return typeof document === 'object' ? bff.onChange((now) => run(seen(now))) : () => {};
  },
});

/**
 * For a `load` in the browser (`export const ssr = false`): `load = signedIn(bff)`. Its data is the session. Visitors
 * who are not signed in go to sign in, and come back to this page. A failure goes to +error.svelte.
 */
export const signedIn =
  <Claims extends object>(bff: Bff<Claims>) =>
  async ({ url }: { url: URL }): Promise<{ session: SignedIn<Claims> }> => {
    const session = await sessionOf(bff);
    if (session) return { session };
    const failure = url.searchParams.get('login_error');
    if (failure) throw new BffError('login_failed', failure);
    bff.login({ returnTo: url.pathname + url.search });
    // The page is leaving: it must not show anything in between.
    return new Promise(() => {});
  };
