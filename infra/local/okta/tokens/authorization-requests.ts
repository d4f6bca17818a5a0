// Where Okta reads an authorization request differently from oidc-provider: `state` is required, unknown scopes are
// refused instead of dropped, and `offline_access` needs no prompt=consent.
import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

export function asOktaAsks(ctx: KoaContextWithOIDC, known: string[]): void {
  const { params = {}, client, resourceServers = {} } = ctx.oidc;
  if (typeof params.state !== 'string' || params.state === '') {
    throw new errors.InvalidRequest("The authentication request has an invalid 'state' parameter.");
  }
  const asked = scopeAsSent(ctx).split(' ').filter(Boolean);
  const ofResources = Object.values(resourceServers).flatMap(({ scope = '' }) => scope.split(' '));
  const unknown = asked.find((scope) => !known.includes(scope) && !ofResources.includes(scope));
  if (unknown !== undefined) {
    throw new errors.InvalidScope(
      'One or more scopes are not configured for the authorization server resource.',
      unknown,
    );
  }
  const allowed = client?.scope === undefined || client.scope.split(' ').includes('offline_access');
  const held = String(params.scope ?? '').split(' ');
  if (allowed && asked.includes('offline_access') && !held.includes('offline_access')) {
    params.scope = [...held, 'offline_access'].join(' ');
  }
}

/** The library has removed offline_access from its own copy by now. */
function scopeAsSent(ctx: KoaContextWithOIDC): string {
  const pushed = ctx.oidc.entities.PushedAuthorizationRequest?.request;
  if (pushed) return String(decodeJwt(pushed).scope ?? '');
  return String(ctx.oidc.body?.scope ?? ctx.query.scope ?? '');
}
