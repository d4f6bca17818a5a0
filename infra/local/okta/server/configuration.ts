// Configures oidc-provider as one of Okta's authorization servers.
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { signingAlgs } from '#infra/local/okta/options.ts';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { acrValues } from '#infra/local/okta/people/assurance.ts';
import { endSession } from '#infra/local/okta/people/end-session.ts';
import { errorPage } from '#infra/local/okta/people/pages.ts';
import { signInPolicy } from '#infra/local/okta/people/policy.ts';
import { checkAssertion } from '#infra/local/okta/tokens/assertions.ts';
import { asOktaAsks } from '#infra/local/okta/tokens/authorization-requests.ts';
import { claimsByScope, claimsOf } from '#infra/local/okta/tokens/claims.ts';
import { nonceNeeded } from '#infra/local/okta/tokens/proofs.ts';
import { withKeySets } from './key-sets.ts';
import type { ServerKeys } from './keys.ts';
import { adapterOver, type Rows } from './store.ts';

const scopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'groups'];

/** Only the org's server has okta.* scopes, and only custom servers have an app's own scopes. */
const scopesOf = {
  org: [
    ...scopes,
    'okta.users.read.self',
    'okta.users.manage.self',
    'okta.users.read',
    'okta.users.manage',
    'okta.apps.read',
    'okta.apps.manage',
    'okta.groups.read',
    'okta.groups.manage',
    'okta.logs.read',
    'okta.policies.read',
    'okta.myAccount.email.read',
    'okta.myAccount.profile.read',
    'okta.myAccount.profile.manage',
  ],
  default: [...scopes, 'orders.read', 'orders.write'],
};

export function configuration(
  org: Org,
  name: AuthorizationServer['name'],
  keys: ServerKeys,
  rows: Rows,
): Configuration {
  const { settings } = org;
  const metadataOf = withKeySets(settings);
  const v1 = name === 'org' ? '/oauth2/v1' : '/v1';
  return {
    adapter: adapterOver(rows, org.sessions, settings, (id) => {
      const client = org.clients.get(id);
      return client && metadataOf(client);
    }),
    jwks: { keys: [keys.published, keys.publishedEs256].map((key) => key.privateJwk as never) },
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
    scopes: scopesOf[name],
    claims: claimsByScope,
    acrValues,
    responseTypes: ['code'],
    conformIdTokenClaims: false,
    // Kinder than Okta: the library accepts a secret in the header or in the body, whatever the app registered.
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clockTolerance: 0,
    enabledJWA: {
      dPoPSigningAlgValues: [...signingAlgs],
      clientAuthSigningAlgValues: [...signingAlgs],
      idTokenSigningAlgValues: ['RS256', 'ES256'],
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: pkceRequired },
    // `idp` may have any value. The validator runs for every authorization request.
    extraParams: { idp: (ctx) => asOktaAsks(ctx, scopesOf[name]) },
    cookies: {
      keys: [org.cookieKey],
      names: { session: 'idx', interaction: `${name}_interaction`, resume: `${name}_resume` },
    },
    features: features(org),
    interactions: {
      policy: signInPolicy(),
      url: (_ctx, interaction) => `/signin/${name}/${interaction.uid}`,
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => claimsOf(id) }),
    loadExistingGrant: newGrant,
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
    fetch: fetchOf(org),
  };
}

const features = (org: Org): Configuration['features'] => ({
  devInteractions: { enabled: false },
  dPoP: { enabled: true, requireNonce: (ctx) => nonceNeeded(org, ctx) },
  introspection: { enabled: true },
  revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => revoke(client, token) },
  backchannelLogout: { enabled: true },
  pushedAuthorizationRequests: {
    enabled: true,
    requirePushedAuthorizationRequests: org.settings.requirePar,
  },
  // Kinder than Okta, whose org server has no resource indicators: here one sign-in can serve two APIs.
  resourceIndicators: {
    enabled: true,
    getResourceServerInfo: (_ctx, indicator) => {
      const known = org.resources.get(indicator);
      if (!known) throw new errors.InvalidTarget();
      return {
        scope: known.join(' '),
        accessTokenTTL: org.settings.accessTokenSeconds,
        accessTokenFormat: 'opaque',
      };
    },
  },
  rpInitiatedLogout: { enabled: true, logoutSource: (ctx) => endSession(org, ctx) },
});

/**
 * Revoking a refresh token also revokes its access tokens; revoking an access token affects only that token. The
 * library has no such rule.
 */
async function revoke(
  client: { clientId: string },
  token: { clientId?: string | undefined; kind: string; destroy(): Promise<void> },
): Promise<boolean> {
  if (token.clientId !== client.clientId) return false;
  if (token.kind !== 'AccessToken') return true;
  await token.destroy();
  return false;
}

/** The library's own 2.5 s are less than Keycloak's 5 s and Spring's 15 s; Okta does not say how long it waits for a key set. */
const patienceMs = 5_000;

/**
 * The library's own fetch refuses loopback addresses; here nothing else is ever called, but the key sets of the apps
 * when the stand-in has a public origin.
 */
const fetchOf =
  ({ clients, isPublic }: Org): NonNullable<Configuration['fetch']> =>
  (url, options) => {
    const { dispatcher: _, ...rest } = { dispatcher: undefined, ...options };
    const { hostname, href } = new URL(String(url));
    const isKeySet =
      isPublic &&
      [...clients.values()].some(({ jwksUri = '' }) => URL.parse(jwksUri)?.href === href);
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && !isKeySet) {
      throw new TypeError('the stand-in calls loopback only');
    }
    return fetch(url, { ...rest, signal: AbortSignal.timeout(patienceMs) });
  };

function pkceRequired(): never {
  throw new errors.InvalidRequest('PKCE code challenge is required by the application.');
}

/** Every sign-in gets a grant of its own, so ending one affects no other. Everything that was asked for is granted. */
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
