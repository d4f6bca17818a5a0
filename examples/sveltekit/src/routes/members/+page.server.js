import { error, redirect } from '@sveltejs/kit';
import { bffFor } from '../../bff.js';

export async function load({ request, url }) {
  const bff = bffFor(request);
  const session = await bff.session();
  if (session.authenticated) return { user: session.user };
  if (bff.loginError) error(403, `Signing in failed: ${bff.loginError}`);
  // The address is absolute, and SvelteKit may know this server by another name. (Its version 2 takes no third argument.)
  redirect(302, bff.loginUrl({ returnTo: url.pathname + url.search }), { external: true });
}
