// JWTs that the authorization server sends about a user: logout tokens (OpenID Connect Back-Channel
// Logout 2.6) and the bearer of Okta's Universal Logout. An ID token or access token is never one of them.
import { type JWTPayload, jwtVerify } from 'jose';
import { type Broker, secondsNow } from './broker.ts';
import { sha256 } from './bytes.ts';
import { signatureAlgs, skewSeconds } from './token-response.ts';

const oldestSeconds = 600;

/** The claims, or nothing when any check fails. A token counts once. */
export async function verifySecurityEvent(
  broker: Broker,
  jwt: string,
  { typ, audience }: { typ: string; audience: string },
): Promise<JWTPayload | undefined> {
  const { issuer } = broker.config;
  const keys = await broker.issuer.keys();
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
  } catch {
    return undefined;
  }
  const { jti, exp = secondsNow(broker) } = claims;
  if (typeof jti !== 'string' || jti === '') return undefined;
  const first = await broker.marks.firstUse(
    sha256(JSON.stringify(['jti', typ, issuer, jti])),
    exp + oldestSeconds,
  );
  return first ? claims : undefined;
}
