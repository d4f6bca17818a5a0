import { BffProvider, useBff, useSession } from 'okta-dpop-bff/client/react';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

function App() {
  const bff = useBff();
  const { kind, session, error } = useSession();
  if (error) return <p role="alert">{error.message}</p>;
  if (kind === 'unknown') return <p>Loading…</p>;
  if (!session) {
    return (
      <>
        {bff.loginError && <p role="alert">Signing in failed: {bff.loginError}</p>}
        <a href={bff.loginUrl()}>Sign in</a>
      </>
    );
  }
  return (
    <>
      <p>
        {session.user.name}{' '}
        <button type="button" onClick={() => bff.logout().catch(say)}>
          Sign out
        </button>
      </p>
      <Users />
    </>
  );
}

const say = ({ message }) => alert(`You are still signed in: ${message}`);

function Users() {
  const bff = useBff();
  const [users, setUsers] = useState([]);
  const [error, setError] = useState();
  useEffect(() => {
    const left = new AbortController();
    bff
      .json('/bff/api/v1/users?limit=10', { signal: left.signal })
      .then(setUsers)
      .catch((cause) => left.signal.aborted || setError(cause));
    return () => left.abort();
  }, [bff]);
  if (error) return <p role="alert">{error.message}</p>;
  return (
    <ul>
      {users.map(({ id, profile }) => (
        <li key={id}>{profile.email}</li>
      ))}
    </ul>
  );
}

createRoot(document.getElementById('app')).render(
  <BffProvider>
    <App />
  </BffProvider>,
);
