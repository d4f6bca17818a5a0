// What a session keeps from a token response.
import { type Broker, secondsNow } from '#core/broker.ts';
import type { JudgedTokens } from '#core/issuer/token-response.ts';
import type { AccessToken, SessionContent } from './session.ts';

export function sessionContentOf(
  broker: Pick<Broker, 'config' | 'clock'>,
  tokens: JudgedTokens,
  claims: Record<string, unknown> & { sub: string },
): SessionContent {
  const { acr, amr, auth_time: authTime } = claims;
  return {
    subject: claims.sub,
    access: { '': accessTokenOf(broker, tokens) },
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
    ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
    ...(tokens.scope !== undefined && { scope: tokens.scope }),
    claims: allowedClaims(broker, claims),
    ...(typeof acr === 'string' && { acr }),
    ...(Array.isArray(amr) && { amr: amr.filter((method) => typeof method === 'string') }),
    ...(typeof authTime === 'number' && { authTime }),
  };
}

export function accessTokenOf(
  broker: Pick<Broker, 'clock'>,
  { accessToken: token, expiresIn }: JudgedTokens,
): AccessToken {
  const now = secondsNow(broker);
  // Renewed early: parallel calls use the old token while one of them renews it.
  return {
    token,
    expiresAt: now + expiresIn,
    renewAt: now + expiresIn - Math.min(60, expiresIn / 10),
  };
}

export function allowedClaims(
  { config }: Pick<Broker, 'config'>,
  claims: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    config.session.claims
      .filter((name) => claims[name] !== undefined)
      .map((name) => [name, claims[name]]),
  );
}
