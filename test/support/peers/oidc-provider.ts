// oidc-provider as its authors ship it: its own pages, and rules as unlike Okta's as it knows. The issuer has a path and
// a slash at its end, keys are Ed25519, nonces turn every few seconds, pushed requests are required, refresh tokens
// rotate strictly and need no offline_access, and the claims of people are at userinfo only.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type Adapter, type ClientMetadata, type Configuration, Provider } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
import internalsOf from 'oidc-provider/lib/helpers/weak_cache.js';
import { nonces } from '#infra/local/okta/tokens/nonces.ts';
import { startFront } from './front.ts';
import { type App, type Peer, pathsOf } from './peer.ts';
import { meRoute } from './visits.ts';

const mount = '/tenant/v2.0';
const user = { username: 'ada', password: 'any' };
const judge = { id: 'judge', secret: 'the-secret-of-the-judge' };
const clientSecret = 'a secret: with % and + signs';

/** An API whose access tokens are JWTs for it; all others are opaque. */
export const ordersApi = 'https://orders.example/api';

export async function startOidcProvider(alg: 'Ed25519' | 'PS256' = 'Ed25519'): Promise<Peer> {
  const front = await startFront();
  const issuer = `${front.origin}${mount}/`;
  const rows = new Map<string, ClientMetadata>();
  let keys = [await newKey(alg)];
  let tokenSeconds = 300;
  let server: Server | undefined;

  const start = async () => {
    const settings = configuration({ alg, keys, rows, tokenSeconds: () => tokenSeconds });
    const provider = new Provider(issuer, settings);
    const turning = nonces(Date.now, { renewMs: 3000, keepMs: 6000 });
    internalsOf(provider).DPoPNonces = {
      nextChallenge: turning.current,
      checkChallenge: turning.accepts,
    };
    const answer = provider.callback();
    server = createServer((request, response) => {
      const url = request.url ?? '/';
      Object.assign(request, { originalUrl: url, url: url.slice(mount.length) });
      void answer(request, response);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    front.leadTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  };
  const stop = async () => {
    front.leadTo(undefined);
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  };

  await start();
  const paths = await pathsOf(issuer);
  const peer: Peer = {
    issuer,
    front,
    paths,
    user,
    configOf: (clientAuth) => ({
      issuer,
      clientId: `app:${clientAuth}`,
      clientAuth,
      ...(clientAuth.startsWith('client_secret') && { clientSecret }),
      scopes: ['openid', 'profile', 'email'],
      routes: [meRoute(`${front.origin}${paths.userinfo}`)],
    }),
    async admit(app) {
      tokenSeconds = app.tokenSeconds ?? 300;
      rows.set(`app:${app.auth}`, registered(app, alg));
    },
    async isAlive(token) {
      const credentials = Buffer.from(`${judge.id}:${judge.secret}`).toString('base64');
      const answer = await fetch(`${issuer}connect/introspection`, {
        method: 'POST',
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams({ token }),
      });
      return ((await answer.json()) as { active: boolean }).active;
    },
    async rotateKeys() {
      keys = [await newKey(alg), ...keys];
      await stop();
      await start();
    },
    stop,
    start,
    async close() {
      await stop();
      await front.close();
    },
  };
  return peer;
}

const newKey = async (alg: string): Promise<JWK> => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: crypto.randomUUID() };
};

const registered = ({ auth, origin }: App, alg: string): ClientMetadata => ({
  client_id: `app:${auth}`,
  token_endpoint_auth_method: auth,
  ...(auth === 'private_key_jwt' && {
    jwks_uri: `${origin}/bff/jwks`,
    token_endpoint_auth_signing_alg: 'ES256',
  }),
  ...(auth.startsWith('client_secret') && { client_secret: clientSecret }),
  redirect_uris: [`${origin}/bff/callback`],
  post_logout_redirect_uris: [`${origin}/`],
  backchannel_logout_uri: `${origin}/bff/backchannel-logout`,
  backchannel_logout_session_required: true,
  grant_types: ['authorization_code', 'refresh_token'],
  id_token_signed_response_alg: alg as never,
  dpop_bound_access_tokens: true,
});

interface Settings {
  alg: string;
  keys: JWK[];
  rows: Map<string, ClientMetadata>;
  tokenSeconds(): number;
}

const configuration = ({ alg, keys, rows, tokenSeconds }: Settings): Configuration => ({
  adapter: adapterOver(rows),
  jwks: { keys: keys as never },
  clients: [
    {
      client_id: judge.id,
      client_secret: judge.secret,
      redirect_uris: [],
      response_types: [],
      grant_types: [],
      id_token_signed_response_alg: alg as never,
    },
  ],
  routes: {
    authorization: '/connect/authorize',
    token: '/connect/tokens',
    pushed_authorization_request: '/connect/push',
    introspection: '/connect/introspection',
    revocation: '/connect/revocation',
    end_session: '/connect/endsession',
    jwks: '/discovery/keys',
    userinfo: '/oidc/me',
  },
  scopes: ['openid', 'profile', 'email', 'orders'],
  claims: { profile: ['name', 'locale'], email: ['email', 'email_verified'] },
  acrValues: ['bronze', 'silver'],
  responseTypes: ['code'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  enabledJWA: {
    idTokenSigningAlgValues: [alg as never],
    dPoPSigningAlgValues: ['ES256'],
  },
  features: {
    dPoP: { enabled: true, requireNonce: () => true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => false,
      getResourceServerInfo: () => ({
        scope: 'orders',
        audience: ordersApi,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: alg as never } },
      }),
    },
  },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: 'Ada', locale: 'en-GB', email: 'ada@example.com' }),
  }),
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: {
    AccessToken: tokenSeconds,
    RefreshToken: 86_400,
    Session: 3600,
    Interaction: 600,
    Grant: 86_400,
    IdToken: 120,
    AuthorizationCode: 30,
  },
  cookies: { keys: ['the key of the cookies'] },
  fetch: (url, options) => {
    const { dispatcher: _, ...rest } = { dispatcher: undefined, ...options };
    return fetch(url, rest);
  },
});

/** The library's own store in memory, with clients that may come while it runs. It outlives the provider. */
function adapterOver(rows: Map<string, ClientMetadata>) {
  return (model: string): Adapter => {
    const own = new MemoryAdapter(model);
    if (model === 'Client') own.find = async (id) => rows.get(id);
    return own;
  };
}
