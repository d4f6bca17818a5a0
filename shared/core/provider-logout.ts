// The authorization server ends a session here: Back-Channel Logout 1.0, Front-Channel Logout 1.0.
import type { JWTPayload } from 'jose';
import type { Broker } from './broker.ts';
import { endUser, endUserIfFound } from './end-sessions.ts';
import { onSecurityEvent } from './security-event.ts';
import { sidHash, subjectHash } from './subject.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';

/** False when the logout token is not one (section 2.6). */
export async function backChannelLogout(broker: Broker, logoutToken: string): Promise<boolean> {
  const kind = { typ: 'logout+jwt', audience: broker.config.clientId };
  const done = await onSecurityEvent(broker, logoutToken, kind, (claims) => logOut(broker, claims));
  return done ?? false;
}

async function logOut(broker: Broker, claims: JWTPayload): Promise<boolean> {
  if (claims.nonce !== undefined || !isObject(claims.events)) return false;
  if (!isObject(claims.events[event])) return false;
  const { issuer } = broker.config;
  const { sid, sub } = claims;
  if (typeof sid === 'string') {
    await endUser(broker, 'sid', sidHash(issuer, sid), 'back_channel');
    return true;
  }
  if (typeof sub !== 'string') return false;
  await endUser(broker, 'subject', subjectHash(issuer, sub), 'back_channel');
  return true;
}

/** Needs no cookie: in the server's iframe a browser sends none of ours. */
export async function frontChannelLogout(
  broker: Broker,
  parameters: URLSearchParams,
): Promise<boolean> {
  const [iss, ...otherIss] = parameters.getAll('iss');
  const [sid, ...otherSid] = parameters.getAll('sid');
  if (iss !== broker.config.issuer || !sid || otherIss.length + otherSid.length > 0) return false;
  await endUserIfFound(broker, 'sid', sidHash(iss, sid), 'front_channel');
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
