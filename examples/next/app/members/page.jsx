import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { bffFor } from '../bff';

export default async function Members({ searchParams }) {
  const bff = bffFor({ headers: await headers() });
  const { login_error: loginError } = await searchParams;
  const session = await bff.session();
  if (session.authenticated) return <h1>Hello {session.user.name}</h1>;
  if (loginError) return <p role="alert">Signing in failed: {loginError}</p>;
  redirect(bff.loginUrl({ returnTo: '/members' }));
}
