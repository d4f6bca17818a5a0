// One of Okta's authorization servers, built on oidc-provider: the org's own, or the custom one `default` below
// /oauth2/default. Small files beside this one replace what the library does differently.
import { Provider } from 'oidc-provider';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { nonces } from '#infra/local/okta/tokens/nonces.ts';
import { judgeNonces } from '#infra/local/okta/tokens/proofs.ts';
import { shapeTokens } from '#infra/local/okta/tokens/tokens.ts';
import { configuration } from './configuration.ts';
import { oktaWays } from './endpoint-middleware.ts';
import { serverKeys } from './keys.ts';
import type { Rows } from './store.ts';

export async function authorizationServer(
  org: Org,
  name: AuthorizationServer['name'],
): Promise<AuthorizationServer> {
  const mount = name === 'org' ? '' : `/oauth2/${name}`;
  const issuer = `${org.origin}${mount}`;
  const keys = await serverKeys(name);
  const audience = name === 'org' ? issuer : `api://${name}`;
  const rows: Rows = new Map();
  const provider = new Provider(issuer, configuration(org, name, keys, rows));
  // The server says how a request came (server.ts), not the request.
  provider.proxy = org.isPublic;
  const ownNonces = nonces(org.settings.clock);

  judgeNonces(org.settings, provider, ownNonces);
  shapeTokens(provider, {
    keys,
    faults: org.faults,
    audience,
    publicTokens: name !== 'org',
    bindRefreshTokens: org.settings.bindRefreshTokens,
  });
  const server = { name, issuer, mount, audience, provider, nonces: ownNonces, keys, rows };
  oktaWays(org, server);
  return server;
}
