// Where Okta reads an authorization request otherwise than oidc-provider: `state` is mandatory (OKT-3), and
// `offline_access` needs no prompt=consent.
import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

export function asOktaAsks(ctx: KoaContextWithOIDC): void {
  const { params = {}, client } = ctx.oidc;
  if (typeof params.state !== 'string' || params.state === '') {
    throw new errors.InvalidRequest("The authentication request has an invalid 'state' parameter.");
  }
  const asked = scopeAsSent(ctx).split(' ');
  const allowed = client?.scope === undefined || client.scope.split(' ').includes('offline_access');
  const held = String(params.scope ?? '').split(' ');
  if (allowed && asked.includes('offline_access') && !held.includes('offline_access')) {
    params.scope = [...held, 'offline_access'].join(' ');
  }
}

/** The library has taken offline_access out of its own copy by now. */
function scopeAsSent(ctx: KoaContextWithOIDC): string {
  const pushed = ctx.oidc.entities.PushedAuthorizationRequest?.request;
  if (pushed) return String(decodeJwt(pushed).scope ?? '');
  return String(ctx.oidc.body?.scope ?? ctx.query.scope ?? '');
}
