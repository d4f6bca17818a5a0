// JWTs that the authorization server sends about a user: logout tokens (OpenID Connect Back-Channel
// Logout 2.6) and the bearer of Okta's Universal Logout. An ID token or access token is never one of them.
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Broker, secondsNow } from './broker.ts';
import { sha256 } from './bytes.ts';
import { BrokerError } from './errors.ts';
import { signatureAlgs, skewSeconds } from './token-response.ts';

const oldestSeconds = 600;

/**
 * Does what the token asks for, or nothing when any check fails. A token counts once: it is used up when that is
 * done. When it fails, or the server's keys cannot be had, nothing is said of the token, and it may come again.
 */
export async function onSecurityEvent<T>(
  broker: Broker,
  jwt: string,
  { typ, audience }: { typ: string; audience: string },
  act: (claims: JWTPayload) => Promise<T>,
): Promise<T | undefined> {
  const { issuer } = broker.config;
  const keys = await keysOf(broker);
  let claims: JWTPayload;
  try {
    ({ payload: claims } = await jwtVerify(jwt, keys, {
      typ,
      algorithms: signatureAlgs,
      issuer,
      audience,
      clockTolerance: skewSeconds,
      maxTokenAge: oldestSeconds,
      requiredClaims: ['iat', 'exp', 'jti'],
      currentDate: new Date(broker.clock.now()),
    }));
  } catch (fault) {
    if (fault instanceof BrokerError) throw fault;
    return undefined;
  }
  const { jti, exp = secondsNow(broker) } = claims;
  if (typeof jti !== 'string' || jti === '') return undefined;
  const use = [sha256(JSON.stringify(['jti', typ, issuer, jti])), exp + oldestSeconds] as const;
  if (!(await broker.marks.mayUse(...use))) return undefined;
  const done = await act(claims);
  await broker.marks.useUp(...use);
  return done;
}

async function keysOf({ issuer }: Broker): Promise<JWTVerifyGetKey> {
  const unreachable = (cause: unknown) => {
    throw new BrokerError('upstream_unreachable', 'the keys of the issuer cannot be had', {
      cause,
      headers: { 'retry-after': '5' },
    });
  };
  const keys = await issuer.keys().catch(unreachable);
  return (header, token) =>
    Promise.resolve(keys(header, token)).catch((fault: unknown) => {
      if (isNoSuchKey(fault)) throw fault;
      return unreachable(fault);
    });
}

const isNoSuchKey = (fault: unknown) =>
  fault instanceof errors.JWKSNoMatchingKey ||
  fault instanceof errors.JWKSMultipleMatchingKeys ||
  fault instanceof errors.JOSENotSupported;
