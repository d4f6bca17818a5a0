import { bffFor } from '../bff.js';

export async function load({ request, url }) {
  const bff = bffFor(request);
  const { authenticated, user, problem } = await bff.session().catch(say);
  if (authenticated) return { user, ...(await usersOf(bff)) };
  // SvelteKit asks for a page's data at an address of its own: this is the page's.
  return {
    problem,
    loginError: bff.loginError,
    loginUrl: bff.loginUrl({ returnTo: url.pathname }),
  };
}

const usersOf = (bff) => bff.json('/bff/api/v1/users?limit=10').then((users) => ({ users }), say);

const say = (error) => ({ problem: error.message });
