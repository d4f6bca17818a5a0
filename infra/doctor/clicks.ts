// Where settings are: in Okta's console, in the order of docs/deploy.md, and in general words for any other server.

const app = 'Okta: Applications > Applications > your app';

export interface Clicks {
  general: string;
  dpop: string;
  grants: string;
  credentials: string;
  jwks(uri: string): string;
  redirect(uri: string): string;
  afterLogout(uri: string): string;
  apiScopes: string;
  serverScopes: string;
  issuer: string;
  assignments: string;
}

export const oktaClicks: Clicks = {
  general: `${app} > General`,
  dpop: `${app} > General > General Settings > Edit: tick "Require Demonstrating Proof of Possession (DPoP) header in token requests", and leave "Client Credentials" and "Implicit" unticked: Okta allows neither with it`,
  grants: `${app} > General > General Settings > Edit > Grant type: tick "Authorization Code" and "Refresh Token"`,
  credentials: `${app} > General > Client Credentials > Edit`,
  jwks: (uri) =>
    `${app} > General > Client Credentials > Edit: "Public key / Private key", then "Use a URL to fetch keys dynamically": ${uri}`,
  redirect: (uri) => `${app} > General > LOGIN > Sign-in redirect URIs: add ${uri}`,
  afterLogout: (uri) => `${app} > General > LOGIN > Sign-out redirect URIs: add ${uri}`,
  apiScopes: `${app} > Okta API Scopes: grant the okta.* scopes that the configuration names`,
  serverScopes:
    'Okta: Security > API > Authorization Servers > yours > Scopes, and Access Policies for the app',
  issuer:
    'Okta: Security > API > Authorization Servers shows each issuer; the org server is https://<your domain>',
  assignments: `${app} > Assignments: the people or groups who may sign in`,
};

export const neutralClicks: Clicks = {
  general: 'Look at the client at the authorization server',
  dpop: 'At the client: switch on DPoP-bound access tokens (RFC 9449)',
  grants: 'At the client: allow authorization_code, and refresh_token',
  credentials: 'Look at the authentication of the client',
  jwks: (uri) => `At the client: choose authentication by a signed JWT, with ${uri} as JWKS URL`,
  redirect: (uri) => `At the client: add ${uri} to the redirect URIs`,
  afterLogout: (uri) => `At the client: add ${uri} to the post-logout redirect URIs`,
  apiScopes: 'At the client: allow the scopes that the configuration names',
  serverScopes: 'At the server: add the scopes, and allow them for the client',
  issuer: 'The issuer must be what the metadata of the server says, to the last slash',
  assignments: 'At the server: who may sign in to this client',
};
