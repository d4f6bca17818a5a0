// Signing out: the local session first, then revocation, then the way to the end-session endpoint
// (OpenID Connect RP-Initiated Logout 1.0). Each step works when the ones after it do not.
import type { Broker } from './broker.ts';
import { revoke } from './revoke.ts';
import { isSecret } from './secrets.ts';
import { openSession, type Session, sessionIdOf } from './session.ts';

const mostAttempts = 3;

/** Ends the browser's session, if it has one. Returns it, so that its ID token can serve as a hint. */
export async function signOut(
  broker: Broker,
  cookie: string | undefined,
): Promise<Session | undefined> {
  if (cookie === undefined || !isSecret(cookie)) return undefined;
  const session = await endNewest(broker, cookie);
  if (!session) return undefined;
  const { refreshToken, access } = session.content;
  const accessTokens = Object.values(access).map(({ token }) => token);
  await revoke(broker, { refreshToken, accessTokens });
  return session;
}

/** A renewal may store newer tokens meanwhile: those are the ones to revoke, the ones before are spent. */
async function endNewest(broker: Broker, cookie: string): Promise<Session | undefined> {
  for (let attempt = 1; ; attempt++) {
    const session = await openSession(broker, cookie);
    // Not open and still there: expired, until DynamoDB comes round to it.
    const version = attempt < mostAttempts ? session?.record.version : undefined;
    if (await broker.sessions.end(sessionIdOf(cookie), version)) {
      broker.log('session.ended', { why: 'signed_out' });
      return session;
    }
    if (!session || version === undefined) return session;
  }
}

/** Nothing when the server has no such endpoint or there is no ID token to show it: Okta demands one. */
export async function endSessionUrl(
  broker: Broker,
  session: Session | undefined,
): Promise<string | undefined> {
  const idToken = session?.content.idToken;
  if (!idToken) return undefined;
  const metadata = await broker.issuer.metadata().catch(() => undefined);
  if (!metadata?.end_session_endpoint) return undefined;
  const url = new URL(metadata.end_session_endpoint);
  url.searchParams.set('id_token_hint', idToken);
  url.searchParams.set('client_id', broker.config.clientId);
  url.searchParams.set('post_logout_redirect_uri', `${broker.config.publicOrigin}/`);
  return url.href;
}
