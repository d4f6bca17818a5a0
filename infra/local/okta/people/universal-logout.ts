// Okta's Universal Logout: a Global Token Revocation request, signed with the key of the ID tokens.
import { SignJWT } from 'jose';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { personByName } from './people.ts';

export interface UniversalLogout {
  /** The app's endpoint. */
  url: string;
  clientId: string;
  /** The username or e-mail of one of the people, or of somebody unknown. */
  user: string;
  /** Okta sends the e-mail address unless an administrator changes that. */
  format?: 'email' | 'iss_sub' | 'opaque';
  /** Changes that make the request invalid. */
  changeClaims?: Record<string, unknown>;
  changeHeader?: Record<string, unknown>;
}

/** The signed bearer token and body, for tests that send them themselves. */
export async function logoutRequest(server: AuthorizationServer, request: UniversalLogout) {
  const { origin, pathname } = new URL(request.url);
  const now = Math.floor(Date.now() / 1000);
  const { alg, kid, privateKey } = server.keys.published;
  const claims = {
    jti: crypto.randomUUID(),
    iss: server.issuer,
    // The app, not the person.
    sub: request.clientId,
    aud: `${origin}${pathname}`,
    iat: now,
    nbf: now - 300,
    exp: now + 300,
    ...request.changeClaims,
  };
  const bearer = await new SignJWT(claims)
    .setProtectedHeader({
      alg,
      kid,
      typ: 'global-token-revocation+jwt',
      ...request.changeHeader,
    })
    .sign(privateKey);
  return { bearer, body: { sub_id: subjectOf(server, request) } };
}

/** Sends it and returns the app's status, which is all that Okta reads. */
export async function sendUniversalLogout(
  org: Org,
  server: AuthorizationServer,
  request: UniversalLogout,
): Promise<number> {
  const { bearer, body } = await logoutRequest(server, request);
  const response = await fetch(request.url, {
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  org.events.add({
    kind: 'universal_logout',
    server: server.name,
    method: 'POST',
    path: new URL(request.url).pathname,
    status: response.status,
    clientId: request.clientId,
    user: request.user,
  });
  return response.status;
}

function subjectOf({ issuer }: AuthorizationServer, { user, format = 'email' }: UniversalLogout) {
  const person = personByName(user);
  switch (format) {
    case 'email':
      return { format, email: person?.email ?? user };
    case 'iss_sub':
      return { format, iss: issuer, sub: person?.id ?? user };
    default:
      return { format, id: person?.id ?? user };
  }
}
