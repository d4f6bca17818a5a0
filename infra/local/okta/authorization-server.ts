// One of Okta's authorization servers (OKT-1, OKT-2), made of oidc-provider: the org's, or a custom one below
// /oauth2/<id>. What the library does not do Okta's way is replaced in small files beside this one.
import { decodeJwt } from 'jose';
import { type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import internalsOf from 'oidc-provider/lib/helpers/weak_cache.js';
import { checkAssertion } from './assertions.ts';
import { acrValues } from './assurance.ts';
import { clientMetadata } from './clients.ts';
import { endSession } from './end-session.ts';
import { type ServerKeys, serverKeys } from './keys.ts';
import { nonces } from './nonces.ts';
import { proofTexts } from './oauth-errors.ts';
import { oktaWays } from './okta-ways.ts';
import { type Settings, signingAlgs } from './options.ts';
import type { AuthorizationServer, Org } from './org.ts';
import { errorPage } from './pages.ts';
import { signInPolicy } from './policy.ts';
import { adapterOver } from './store.ts';
import { claimsByScope, claimsOf, shapeTokens } from './tokens.ts';

const oktaScopes = [
  'okta.users.read.self',
  'okta.users.manage.self',
  'okta.users.read',
  'okta.users.manage',
  'okta.apps.read',
  'okta.groups.read',
  'okta.myAccount.read',
  'okta.myAccount.profile.read',
  'okta.myAccount.profile.manage',
];

export async function authorizationServer(
  org: Org,
  name: AuthorizationServer['name'],
): Promise<AuthorizationServer> {
  const mount = name === 'org' ? '' : `/oauth2/${name}`;
  const issuer = `${org.origin}${mount}`;
  const keys = await serverKeys(name);
  const audience = name === 'org' ? issuer : `api://${name}`;
  const ownNonces = nonces(org.settings.clock);

  const provider = new Provider(issuer, configuration(org, name, keys));
  internalsOf(provider).DPoPNonces = {
    nextChallenge: ownNonces.current,
    checkChallenge: (nonce) => {
      checkIssuedAt(org.settings);
      return ownNonces.accepts(nonce);
    },
  };
  shapeTokens(provider, {
    keys,
    faults: org.faults,
    audience,
    publicTokens: name !== 'org',
    bindRefreshTokens: org.settings.bindRefreshTokens,
  });
  const server = { name, issuer, mount, audience, provider, nonces: ownNonces, keys };
  oktaWays(org, server);
  return server;
}

function configuration(org: Org, name: string, keys: ServerKeys): Configuration {
  const { settings } = org;
  const v1 = name === 'org' ? '/oauth2/v1' : '/v1';
  const scopes = ['openid', 'profile', 'email', 'offline_access', 'groups'];
  return {
    adapter: adapterOver(new Map(), org.sessions, settings, (id) => {
      const client = org.clients.get(id);
      return client && clientMetadata(client);
    }),
    jwks: { keys: [keys.published.privateJwk as never] },
    routes: {
      authorization: `${v1}/authorize`,
      token: `${v1}/token`,
      pushed_authorization_request: `${v1}/par`,
      introspection: `${v1}/introspect`,
      revocation: `${v1}/revoke`,
      end_session: `${v1}/logout`,
      jwks: `${v1}/keys`,
      userinfo: `${v1}/userinfo`,
    },
    scopes:
      name === 'org' ? [...scopes, ...oktaScopes] : [...scopes, 'orders.read', 'orders.write'],
    claims: claimsByScope,
    acrValues,
    responseTypes: ['code'],
    conformIdTokenClaims: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clockTolerance: 0,
    enabledJWA: {
      dPoPSigningAlgValues: [...signingAlgs],
      clientAuthSigningAlgValues: [...signingAlgs],
      idTokenSigningAlgValues: ['RS256'],
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: pkceAndStateRequired },
    extraParams: ['idp'],
    cookies: {
      keys: [`${org.origin} signs its cookies`],
      names: { session: 'idx', interaction: `${name}_interaction`, resume: `${name}_resume` },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, requireNonce: (ctx) => nonceNeeded(org, ctx) },
      introspection: { enabled: true },
      revocation: { enabled: true },
      backchannelLogout: { enabled: true },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: settings.requirePar,
      },
      // Kinder than Okta, whose org server knows no resource indicators: one sign-in can serve two APIs here.
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, indicator) => {
          const known = org.resources.get(indicator);
          if (!known) throw new errors.InvalidTarget();
          return {
            scope: known.join(' '),
            accessTokenTTL: settings.accessTokenSeconds,
            accessTokenFormat: 'opaque',
          };
        },
      },
      rpInitiatedLogout: { enabled: true, logoutSource: (ctx) => endSession(org, ctx) },
    },
    interactions: {
      policy: signInPolicy(),
      url: (_ctx, interaction) => `/signin/${name}/${interaction.uid}`,
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => claimsOf(id) }),
    loadExistingGrant: (ctx) => newGrant(ctx),
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    rotateRefreshToken: () => settings.refreshTokens === 'rotate',
    // Okta's tokens outlive the browser's session.
    expiresWithSession: () => false,
    ttl: {
      AccessToken: settings.accessTokenSeconds,
      AuthorizationCode: settings.codeSeconds,
      IdToken: settings.idTokenSeconds,
      RefreshToken: 7 * 86_400,
      Interaction: 3600,
      Session: 7200,
      Grant: 90 * 86_400,
    },
    assertJwtClientAuthClaimsAndHeader: (ctx, claims) => checkAssertion(settings, ctx, claims),
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error_description ?? out.error);
    },
    // The library's own fetch refuses loopback; here nothing else is ever called.
    fetch: (url, options) => loopbackFetch(url, options),
  };
}

const loopbackFetch = (
  url: string | URL | Request,
  { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown } = {},
) => {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(String(url)).hostname)) {
    throw new TypeError('the stand-in calls loopback only');
  }
  return fetch(url, options);
};

/** The token endpoint always demands a nonce (OKT-11); whether PAR does is not documented. */
function nonceNeeded({ settings, faults }: Org, ctx: KoaContextWithOIDC): boolean {
  if (ctx.oidc.route === 'token') return true;
  return settings.parNonce || faults.take('par') === 'nonce';
}

/** oidc-provider leaves `iat` unchecked once there is a nonce; Okta checks it. */
function checkIssuedAt({ clock, futureToleranceSeconds }: Settings): void {
  const { iat, exp } = decodeJwt(Provider.ctx?.get('DPoP') ?? '');
  const now = Math.floor(clock() / 1000);
  const refuse = (text: string) => new errors.InvalidDpopProof(text);
  if (Number(iat) > now + futureToleranceSeconds) throw refuse(proofTexts.future);
  if (Number(iat) < now - 300) throw refuse(proofTexts.past);
  if (exp !== undefined && exp <= now) throw refuse(proofTexts.expired);
}

function pkceAndStateRequired(ctx: KoaContextWithOIDC): boolean {
  const { state } = ctx.oidc.params ?? {};
  if (typeof state !== 'string' || state === '') {
    throw new errors.InvalidRequest("The authentication request has an invalid 'state' parameter.");
  }
  return true;
}

/** A grant of its own for every sign-in: ending one ends nobody else's. Everything asked for is granted (OKT-4). */
async function newGrant(ctx: KoaContextWithOIDC) {
  const { client, params, provider, resourceServers, session } = ctx.oidc;
  const grant = new provider.Grant({
    accountId: session?.accountId ?? '',
    clientId: client?.clientId ?? '',
  });
  const scope = String(params?.scope ?? '');
  grant.addOIDCScope(scope);
  for (const resource of Object.keys(resourceServers ?? {}))
    grant.addResourceScope(resource, scope);
  await grant.save();
  return grant;
}
