'use client';

import { useRouter } from 'next/navigation';
import { BffProvider, useBff, useSession } from 'okta-dpop-bff/client/react';
import { useEffect, useState } from 'react';

export const Account = (props) => (
  <BffProvider>
    <Known {...props} />
  </BffProvider>
);

function Known({ renderedFor }) {
  const { isLoading, session } = useSession();
  const { refresh } = useRouter();
  const user = session?.user.sub;
  // The server does not see what happens in another tab.
  useEffect(() => {
    if (!isLoading && user !== renderedFor) refresh();
  }, [isLoading, user, renderedFor, refresh]);
  return user && <Me />;
}

const say = ({ message }) => alert(`You are still signed in: ${message}`);

function Me() {
  const bff = useBff();
  const [me, setMe] = useState();
  const [error, setError] = useState();
  useEffect(() => {
    const left = new AbortController();
    bff
      .json('/bff/api/v1/users/me', { signal: left.signal })
      .then(setMe)
      .catch((cause) => left.signal.aborted || setError(cause));
    return () => left.abort();
  }, [bff]);
  return (
    <p>
      {error ? <span role="alert">{error.message}</span> : me?.profile.firstName}{' '}
      <button type="button" onClick={() => bff.logout().catch(say)}>
        Sign out
      </button>
    </p>
  );
}
