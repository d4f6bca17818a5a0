// The forms of Okta's tokens. Every access token is a JWT and is also stored, so that it can be revoked. Org access
// tokens are signed with an unpublished key. Okta puts at_hash, auth_time, acr, amr and sid in ID tokens.
import { decodeJwt, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { wantedAcr } from '#infra/local/okta/people/assurance.ts';
import type { ServerKeys } from '#infra/local/okta/server/keys.ts';
import { type Faults, faultyIdToken } from '#infra/local/okta/switchboard/faults.ts';

interface StoredToken {
  jti: string;
  iat: number;
  exp: number;
  clientId: string;
  accountId?: string;
  scope?: string;
  aud?: string;
  jkt?: string;
}

interface TokenClasses {
  AccessToken: {
    find(value: string, options?: object): Promise<unknown>;
    prototype: {
      getValueAndPayload(): Promise<{ value: string; payload: StoredToken }>;
    };
  };
  AuthorizationCode: { prototype: { save(): Promise<string>; acr?: string } };
  RefreshToken: { prototype: { save(): Promise<string>; jkt?: string } };
  IdToken: {
    prototype: {
      issue(options: { use: string }): Promise<string>;
      set(name: string, value: unknown): void;
      available: Record<string, unknown>;
    };
  };
  Client: { prototype: { includeSid(): boolean } };
}

export interface TokenShape {
  keys: ServerKeys;
  faults: Faults;
  /** The audience of access tokens when no `resource` was asked for. */
  audience: string;
  /** Whether others may verify tokens for that audience: true for those of a custom authorization server. */
  publicTokens: boolean;
  bindRefreshTokens: boolean;
}

const valueByToken = new WeakMap<object, string>();

/** The id under which an access token is stored. */
export function tokenId(value: string): string {
  try {
    return decodeJwt(value).jti ?? value;
  } catch {
    return value;
  }
}

export function shapeTokens(provider: Provider, shape: TokenShape): void {
  const classes = provider as unknown as TokenClasses;
  // Reads the getters once, because the provider builds its classes lazily.
  const { AccessToken, AuthorizationCode, RefreshToken, IdToken, Client } = classes;

  const find = AccessToken.find.bind(AccessToken);
  AccessToken.find = (value, options) => find(tokenId(value), options);

  const { getValueAndPayload } = AccessToken.prototype;
  AccessToken.prototype.getValueAndPayload = async function () {
    const { payload } = await getValueAndPayload.call(this);
    const value = await accessTokenJwt(provider.issuer, shape, payload);
    valueByToken.set(this, value);
    return { value, payload };
  };

  const { save: saveCode } = AuthorizationCode.prototype;
  AuthorizationCode.prototype.save = function () {
    // Okta repeats the level that was asked for and reached, including `:ifpossible`; its own SDK insists on that.
    const acr = wantedAcr(Provider.ctx?.oidc.params?.acr_values) ?? this.acr;
    if (acr) this.acr = acr;
    return saveCode.call(this);
  };

  const { save } = RefreshToken.prototype;
  RefreshToken.prototype.save = function () {
    const key = Provider.ctx?.oidc.entities.AccessToken?.jkt;
    if (shape.bindRefreshTokens && key) this.jkt ??= key;
    return save.call(this);
  };

  const { issue } = IdToken.prototype;
  IdToken.prototype.issue = async function (options) {
    if (options.use !== 'idtoken') return issue.call(this, options);
    const accessToken = Provider.ctx?.oidc.entities.AccessToken;
    const { auth_time, acr, amr } = this.available;
    this.set('auth_time', auth_time);
    this.set('acr', acr);
    this.set('amr', amr);
    this.set('ver', 1);
    this.set('idp', '00o1localidp0000000');
    this.set('at_hash', accessToken && valueByToken.get(accessToken));
    const grantType = String(Provider.ctx?.oidc.params?.grant_type);
    return faultyIdToken(shape.faults, grantType, await issue.call(this, options), shape.keys);
  };

  Client.prototype.includeSid = () => true;
}

async function accessTokenJwt(
  issuer: string,
  { keys, audience, publicTokens }: TokenShape,
  { jti, iat, exp, clientId, accountId, scope, aud, jkt }: StoredToken,
): Promise<string> {
  const { AuthorizationCode, RefreshToken } = Provider.ctx?.oidc.entities ?? {};
  const signedIn = RefreshToken ?? AuthorizationCode;
  const key = aud || publicTokens ? keys.published : keys.internal;
  return (
    new SignJWT({
      ver: 1,
      jti,
      iss: issuer,
      // A token for a named resource is for that resource only.
      aud: aud ?? audience,
      iat,
      exp,
      sub: accountId ?? clientId,
      client_id: clientId,
      cid: clientId,
      uid: accountId,
      // RFC 9068 says `scope`, Okta says `scp`.
      scope,
      scp: scope?.split(' '),
      // RFC 9470 section 6: a refresh repeats them, so it can never step up.
      auth_time: signedIn?.authTime,
      acr: signedIn?.acr,
      ...(jkt ? { cnf: { jkt } } : {}),
    })
      // Org tokens also get RFC 9068's type, so that the library can judge them; Okta uses another type there.
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt' })
      .sign(key.privateKey)
  );
}
