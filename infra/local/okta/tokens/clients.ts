// Describes an app of the org in oidc-provider's form.
import type { AdapterPayload } from 'oidc-provider';
import type { OktaClient } from '#infra/local/okta/options.ts';

export function clientMetadata(client: OktaClient): AdapterPayload {
  const { jwks, jwksUri, backchannelLogoutUri, clientSecret } = client;
  return {
    client_id: client.clientId,
    client_name: client.name ?? client.clientId,
    token_endpoint_auth_method: client.clientAuth,
    ...(clientSecret ? { client_secret: clientSecret } : {}),
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris ?? [],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    dpop_bound_access_tokens: true,
    ...(jwks ? { jwks: jwks as never } : jwksUri ? { jwks_uri: jwksUri } : {}),
    ...(client.scopes ? { scope: client.scopes.join(' ') } : {}),
    ...(backchannelLogoutUri
      ? { backchannel_logout_uri: backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
  };
}
