import { headers } from 'next/headers';
import { Account } from './account';
import { bffFor } from './bff';

export default async function Page({ searchParams }) {
  const bff = bffFor({ headers: await headers() });
  const { login_error: loginError } = await searchParams;
  const { authenticated, user, error } = await bff.session().catch((error) => ({ error }));
  return (
    <>
      {error && <Problem error={error} />}
      {authenticated && <Users bff={bff} />}
      {authenticated === false && (
        <>
          {loginError && <p role="alert">Signing in failed: {loginError}</p>}
          <a href={bff.loginUrl()}>Sign in</a>
        </>
      )}
      <Account renderedFor={user?.sub} />
    </>
  );
}

async function Users({ bff }) {
  const { users, error } = await bff.json('/bff/api/v1/users?limit=10').then(
    (users) => ({ users }),
    (error) => ({ error }),
  );
  if (error) return <Problem error={error} />;
  return (
    <ul>
      {users.map(({ id, profile }) => (
        <li key={id}>{profile.email}</li>
      ))}
    </ul>
  );
}

const Problem = ({ error }) => <p role="alert">{error.message}</p>;
