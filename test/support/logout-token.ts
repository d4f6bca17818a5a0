// A logout token of the local Okta (OpenID Connect Back-Channel Logout 1.0, section 2.4), and the way it takes.
import { SignJWT } from 'jose';
import type { System } from '#infra/local/run/system.ts';
import { part } from './running.ts';
import { visitor } from './visitor.ts';

export type Claims = Record<string, unknown>;

/** A claim of `undefined` is left out. */
export async function logoutToken(
  { okta, config }: Pick<System, 'okta'> & { config: Pick<System['config'], 'clientId'> },
  claims: Claims,
  header: Claims = {},
): Promise<string> {
  const { issuer, servers } = part(okta);
  const { alg, kid, privateKey } = servers.org.keys.published;
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: issuer,
    aud: config.clientId,
    iat: now,
    exp: now + 120,
    jti: crypto.randomUUID(),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    ...claims,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(given)
    .setProtectedHeader({ alg, kid, typ: 'logout+jwt', ...header })
    .sign(privateKey);
}

export const sendLogoutToken = ({ url }: Pick<System, 'url'>, token: string) =>
  visitor(url).send('/bff/backchannel-logout', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
  });
