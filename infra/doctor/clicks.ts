// Where things are in Okta's console; docs/deploy.md leads through them in order.

const app = 'Okta: Applications > Applications > your app';

export const clicks = {
  general: `${app} > General`,
  dpop: `${app} > General > General Settings > Edit: tick "Require Demonstrating Proof of Possession (DPoP) header in token requests", and leave "Client Credentials" and "Implicit" unticked: Okta allows neither with it`,
  grants: `${app} > General > General Settings > Edit > Grant type: tick "Authorization Code" and "Refresh Token"`,
  credentials: `${app} > General > Client Credentials > Edit`,
  jwks: (uri: string) =>
    `${app} > General > Client Credentials > Edit: "Public key / Private key", then "Use a URL to fetch keys dynamically": ${uri}`,
  redirect: (uri: string) => `${app} > General > LOGIN > Sign-in redirect URIs: add ${uri}`,
  afterLogout: (uri: string) => `${app} > General > LOGIN > Sign-out redirect URIs: add ${uri}`,
  apiScopes: `${app} > Okta API Scopes: grant the okta.* scopes that the configuration names`,
  serverScopes:
    'Okta: Security > API > Authorization Servers > yours > Scopes, and Access Policies for the app',
  issuer:
    'Okta: Security > API > Authorization Servers shows each issuer; the org server is https://<your domain>',
  assignments: `${app} > Assignments: the people or groups who may sign in`,
};
