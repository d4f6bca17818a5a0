// Global Token Revocation as Okta's Universal Logout sends it: a signed bearer token names the client, and the body
// names the user (RFC 9493).
import { decodeJwt } from 'jose';
import type { Broker, RequestContext } from '#core/broker.ts';
import { type EventKind, onSecurityEvent } from '#core/issuer/security-event.ts';
import { words } from '#core/lib/plain.ts';
import { endUser } from '#core/session/ending.ts';
import { emailHash, subjectHash } from '#core/session/lookup-hashes.ts';

export const revocationUrl = (publicOrigin: string): string =>
  `${publicOrigin}/bff/global-token-revocation`;

/**
 * Returns the status to answer; Okta reads nothing else. `body` is read only after the bearer token has proved who
 * sends it.
 */
export async function revokeGlobally(
  context: RequestContext,
  authorization: string | undefined,
  body: () => unknown,
): Promise<204 | 400 | 401 | 403 | 404> {
  const { env, log } = context;
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
  if (!bearer) {
    log('universal_logout.refused', { reason: words`no bearer token came` });
    return 401;
  }
  if (isOfAnotherTenant(bearer, env.config.issuer)) {
    log('universal_logout.refused', { reason: words`iss names another issuer` });
    return 403;
  }
  const status = await onSecurityEvent(context, bearer, bearers(env), () =>
    signOutEverywhere(context, body()),
  );
  return status ?? 401;
}

const bearers = ({ config }: Broker): EventKind => ({
  name: 'universal_logout',
  types: ['global-token-revocation+jwt'],
  audience: revocationUrl(config.publicOrigin),
  // `sub` is our client, not the user.
  faultIn: ({ sub }) => (sub === config.clientId ? undefined : words`sub is not the client`),
});

async function signOutEverywhere(context: RequestContext, body: unknown): Promise<204 | 400 | 404> {
  const user = userOf(body, context.env.config.issuer);
  if (user === 'malformed') return 400;
  if (user === 'foreign') return 404;
  // A session that somebody else ended at the same moment, or whose end was not confirmed, counts as the user's too.
  const { found } = await endUser(context, user.by, user.hash, 'universal_logout');
  context.log('universal_logout.received', { sessions: found });
  return found > 0 ? 204 : 404;
}

function isOfAnotherTenant(jwt: string, issuer: string): boolean {
  try {
    return decodeJwt(jwt).iss !== issuer;
  } catch {
    return false;
  }
}

function userOf(
  body: unknown,
  issuer: string,
): { by: 'subject' | 'email'; hash: string } | 'malformed' | 'foreign' {
  const subject = (body as { sub_id?: unknown } | null)?.sub_id;
  if (typeof subject !== 'object' || subject === null) return 'malformed';
  const { format, email, iss, sub, id } = subject as Record<string, unknown>;
  if (format === 'email' && isText(email)) return { by: 'email', hash: emailHash(issuer, email) };
  if (format === 'iss_sub' && isText(iss) && isText(sub)) {
    return iss === issuer ? { by: 'subject', hash: subjectHash(issuer, sub) } : 'foreign';
  }
  if (format === 'opaque' && isText(id)) return { by: 'subject', hash: subjectHash(issuer, id) };
  return 'malformed';
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
