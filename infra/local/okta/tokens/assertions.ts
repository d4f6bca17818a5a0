// Okta's rules for client assertions beyond oidc-provider's checks. The library checks signature, algorithm, iss and
// exp first, and spends the jti afterwards, even when the request ends in a nonce challenge.
import { errors, type KoaContextWithOIDC, type UnknownObject } from 'oidc-provider';
import type { OktaSettings } from '#infra/local/okta/options.ts';

const longest = 3600;

export function checkAssertion(
  settings: Pick<OktaSettings, 'assertionAudience'>,
  ctx: KoaContextWithOIDC,
  claims: UnknownObject,
): void {
  const now = Math.floor(Date.now() / 1000);
  if (claims.sub !== claims.iss) throw refused('sub (JWT subject) is not the client');
  if (!audiences(settings, ctx).includes(claims.aud)) throw refused('audience is another');
  if (Number(claims.exp) > now + longest) throw refused('exp is too far ahead');
  if (claims.iat !== undefined && Number(claims.iat) > now) throw refused('issued in the future');
}

function audiences(
  { assertionAudience }: Pick<OktaSettings, 'assertionAudience'>,
  ctx: KoaContextWithOIDC,
): unknown[] {
  const endpoint = ctx.oidc.urlFor(ctx.oidc.route);
  switch (assertionAudience) {
    case 'endpoint':
      return [endpoint];
    case 'issuer':
      return [ctx.oidc.issuer];
    case 'token_endpoint':
      return [ctx.oidc.urlFor('token')];
    case 'either':
      return [endpoint, ctx.oidc.issuer];
  }
}

const refused = (detail: string) => new errors.InvalidClientAuth(detail);
