// The addresses to register at the authorization server. Servers call the gateway itself; browsers use the public
// origin.
export function addresses(gatewayUrl: string, publicOrigin: string) {
  return {
    redirectUris: [`${publicOrigin}/bff/callback`],
    postLogoutRedirectUris: [`${publicOrigin}/`],
    jwksUri: `${gatewayUrl}/bff/jwks`,
    backchannelLogoutUri: `${gatewayUrl}/bff/backchannel-logout`,
    frontchannelLogoutUri: `${gatewayUrl}/bff/frontchannel-logout`,
  };
}
