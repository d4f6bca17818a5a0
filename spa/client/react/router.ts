// React Router 6.15 and later, in data mode. It is not imported: a redirect is a Response with a header.
import { type Bff, BffError, type SignedIn } from '../index.ts';
import { sessionOf } from '../seen.ts';

/**
 * A loader: `{ path: 'users', loader: signedIn(bff), … }`. Its data is the session. Visitors who are not signed in go
 * to sign in, and come back to the route they wanted. A failure goes to the route's errorElement.
 */
export const signedIn =
  <Claims extends object>(bff: Bff<Claims>) =>
  async ({ request }: { request: Request }): Promise<SignedIn<Claims>> => {
    const session = await sessionOf(bff);
    if (session) return session;
    const { pathname, search, searchParams } = new URL(request.url);
    const failure = searchParams.get('login_error');
    if (failure) throw new BffError('login_failed', failure);
    const Location = bff.loginUrl({ returnTo: pathname + search });
    // As redirectDocument() does: the broker's sign-in is a page of its own, not a route of this app.
    throw new Response(null, {
      status: 302,
      headers: { Location, 'X-Remix-Reload-Document': 'true' },
    });
  };
