// The authorization server ends a session here: Back-Channel Logout 1.0, Front-Channel Logout 1.0.
import type { Broker, RequestContext } from '#core/broker.ts';
import { type EventKind, onSecurityEvent } from '#core/issuer/security-event.ts';
import { words } from '#core/lib/plain.ts';
import { endUser, endUserIfFound } from '#core/session/ending.ts';
import { sidHash, subjectHash } from '#core/session/lookup-hashes.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';

/** Returns false when the logout token is invalid (section 2.6). */
export async function backChannelLogout(
  context: RequestContext,
  logoutToken: string,
): Promise<boolean> {
  const { env } = context;
  const done = await onSecurityEvent(context, logoutToken, logoutTokens(env), async (claims) => {
    const { issuer } = env.config;
    const { sid, sub } = claims;
    if (typeof sid === 'string') {
      await endUser(context, 'sid', sidHash(issuer, sid), 'back_channel');
    } else {
      await endUser(context, 'subject', subjectHash(issuer, String(sub)), 'back_channel');
    }
    return true;
  });
  return done ?? false;
}

/**
 * `typ` is only recommended (section 2.4): what tells logout tokens from ID tokens is `events`, and that `nonce` is
 * missing.
 */
const logoutTokens = ({ config }: Broker): EventKind => ({
  name: 'logout_token',
  types: ['logout+jwt', 'jwt', undefined],
  audience: config.clientId,
  faultIn({ nonce, events, sid, sub }) {
    if (nonce !== undefined) return words`nonce is present`;
    if (!isObject(events) || !isObject(events[event]))
      return words`events does not name this event`;
    return typeof sid === 'string' || typeof sub === 'string'
      ? undefined
      : words`sid and sub are missing`;
  },
});

/** Needs no cookie: in the server's iframe a browser sends none of ours. */
export async function frontChannelLogout(
  context: RequestContext,
  parameters: URLSearchParams,
): Promise<boolean> {
  const [iss, ...otherIss] = parameters.getAll('iss');
  const [sid, ...otherSid] = parameters.getAll('sid');
  if (iss !== context.env.config.issuer || !sid || otherIss.length + otherSid.length > 0)
    return false;
  await endUserIfFound(context, 'sid', sidHash(iss, sid), 'front_channel');
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
