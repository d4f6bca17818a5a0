// Signs out: it ends the local session, then revokes tokens, then names the end-session endpoint (OpenID Connect
// RP-Initiated Logout 1.0). Each step works even when a later one fails.
import type { Broker, RequestContext } from '#core/broker.ts';
import { revokeTokens } from '#core/issuer/revocation.ts';
import { isSecret } from '#core/lib/encoding.ts';
import type { Ending } from '#core/ports.ts';
import { endOne } from '#core/session/ending.ts';
import { openSession, type Session, sessionIdOf } from '#core/session/session.ts';

const mostAttempts = 3;

/**
 * Ends the browser's session, if it has one, and revokes its tokens, even when somebody else ends it at the same
 * moment: only this request can open the tokens. Returns the session, so that its ID token can serve as a hint.
 */
export async function signOut(
  context: RequestContext,
  cookie: string | undefined,
): Promise<Session | undefined> {
  if (cookie === undefined || !isSecret(cookie)) return undefined;
  let newest: Session | undefined;
  try {
    let ending: Ending = 'moved';
    for (let attempt = 1; ending === 'moved'; attempt++) {
      // A renewal may store newer tokens meanwhile. Those are revoked; the earlier ones are spent.
      const open = await openSession(context.env, cookie);
      newest = open ?? newest;
      // A session that does not open may still be in the table, because DynamoDB removes expired ones late.
      const version = attempt < mostAttempts ? open?.record.version : undefined;
      ending = await endOne(context, sessionIdOf(cookie), 'signed_out', version);
    }
  } finally {
    // Even when the table does not confirm the end: the user is asked to try again, but may not do so.
    if (newest) await revokeTokensOf(context, newest);
  }
  return newest;
}

async function revokeTokensOf(context: RequestContext, { content }: Session): Promise<void> {
  const accessTokens = Object.values(content.access).map(({ token }) => token);
  await revokeTokens(context, { refreshToken: content.refreshToken, accessTokens });
}

/** A logout request (section 2) for the browser to send. Every server accepts it by GET and by POST. */
export interface LogoutRequest {
  endpoint: URL;
  parameters: Record<string, string>;
}

/** Returns undefined when the server has no such endpoint, or when there is no ID token, which Okta demands. */
export async function logoutRequest(
  broker: Broker,
  session: Session | undefined,
): Promise<LogoutRequest | undefined> {
  const idToken = session?.content.idToken;
  if (!idToken) return undefined;
  const metadata = await broker.issuer.metadata().catch(() => undefined);
  if (!metadata?.end_session_endpoint) return undefined;
  return {
    endpoint: new URL(metadata.end_session_endpoint),
    parameters: {
      id_token_hint: idToken,
      client_id: broker.config.clientId,
      post_logout_redirect_uri: `${broker.config.publicOrigin}/`,
    },
  };
}

export function addressOf({ endpoint, parameters }: LogoutRequest): string {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
