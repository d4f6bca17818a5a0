// An authorization server that says yes to everything, keeps every request as it came, and answers as a test
// wants. The Okta stand-in judges; this one lets tests look.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface Seen {
  endpoint: Endpoint;
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: shows what was sent twice. */
  lines: string[];
  form: URLSearchParams;
}

export type Endpoint =
  | 'metadata'
  | 'keys'
  | 'par'
  | 'authorize'
  | 'token'
  | 'revoke'
  | 'userinfo'
  | 'logout';

export interface Reply {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** An object is sent as JSON. */
  body?: unknown;
}

/** Changes an answer; `'hang'` never answers, `'drop'` ends the connection. */
export type Change = (usual: Reply, seen: Seen) => Reply | 'hang' | 'drop' | Promise<Reply>;

export type RecordingServer = Awaited<ReturnType<typeof startRecordingServer>>;

const sub = 'the-user';

export async function startRecordingServer({ path = '' }: { path?: string } = {}) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'server-1', alg: 'ES256', use: 'sig' };
  const seen: Seen[] = [];
  const changes: Partial<Record<Endpoint, Change>> = {};
  const pushed = new Map<string, URLSearchParams>();
  const codes = new Map<string, URLSearchParams>();
  let issuer = '';

  const sign = (claims: JWTPayload, header: Record<string, unknown> = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid, ...header })
      .sign(privateKey);

  const idToken = (clientId: string, nonce: string | null, more: JWTPayload = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return sign({
      iss: issuer,
      sub,
      aud: clientId,
      iat: now,
      exp: now + 300,
      auth_time: now,
      sid: `sid-${randomBytes(6).toString('hex')}`,
      ...(nonce !== null && { nonce }),
      ...more,
    });
  };

  const usual: Record<Endpoint, (seen: Seen) => Reply | Promise<Reply>> = {
    metadata: () => ({ body: metadataOf(issuer) }),
    keys: () => ({ body: { keys: [jwk] } }),
    par: ({ form }) => {
      const uri = `urn:ietf:params:oauth:request_uri:${randomBytes(9).toString('base64url')}`;
      pushed.set(uri, form);
      return { status: 201, body: { request_uri: uri, expires_in: 60 } };
    },
    authorize: ({ url }) => {
      const asked = pushed.get(url.searchParams.get('request_uri') ?? '') ?? url.searchParams;
      const code = randomBytes(12).toString('base64url');
      codes.set(code, asked);
      const back = new URL(asked.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', asked.get('state') ?? '');
      return { status: 302, headers: { location: back.href } };
    },
    token: async ({ form, headers }) => {
      const asked = codes.get(form.get('code') ?? '');
      const clientId = clientOf(form, headers);
      return {
        headers: { 'dpop-nonce': 'nonce-of-the-server' },
        body: {
          token_type: 'DPoP',
          expires_in: 3600,
          access_token: `at-${randomBytes(24).toString('base64url')}`,
          refresh_token: `rt-${randomBytes(24).toString('base64url')}`,
          scope: asked?.get('scope') ?? undefined,
          id_token: await idToken(clientId, asked?.get('nonce') ?? null),
        },
      };
    },
    revoke: () => ({}),
    userinfo: () => ({ body: { sub, name: 'The User', email: 'the.user@example.com' } }),
    logout: ({ url }) => ({
      status: 302,
      headers: { location: url.searchParams.get('post_logout_redirect_uri') ?? '/' },
    }),
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const endpoint = endpointOf(url.pathname, path);
    if (!endpoint) {
      response.writeHead(404).end();
      return;
    }
    const now: Seen = {
      endpoint,
      method: request.method ?? '',
      url,
      headers: request.headers,
      lines: request.rawHeaders,
      form: new URLSearchParams(Buffer.concat(chunks).toString()),
    };
    seen.push(now);
    const plain = await usual[endpoint](now);
    const reply = (await changes[endpoint]?.(plain, now)) ?? plain;
    if (reply === 'hang') return;
    if (reply === 'drop') {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body } = reply;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer = `${origin}${path}`;

  return {
    issuer,
    origin,
    sub,
    jwk,
    seen,
    /** Requests to one endpoint, oldest first. */
    to: (endpoint: Endpoint) => seen.filter((one) => one.endpoint === endpoint),
    /** Answers of an endpoint from now on; nothing: as usual again. */
    change(endpoint: Endpoint, change?: Change) {
      if (change) changes[endpoint] = change;
      else delete changes[endpoint];
    },
    reset() {
      for (const name of Object.keys(changes)) delete changes[name as Endpoint];
      seen.length = 0;
    },
    /** Signed with the published key. */
    sign,
    idToken,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/v1/authorize`,
  token_endpoint: `${issuer}/v1/token`,
  pushed_authorization_request_endpoint: `${issuer}/v1/par`,
  revocation_endpoint: `${issuer}/v1/revoke`,
  userinfo_endpoint: `${issuer}/v1/userinfo`,
  end_session_endpoint: `${issuer}/v1/logout`,
  jwks_uri: `${issuer}/v1/keys`,
  response_types_supported: ['code'],
  id_token_signing_alg_values_supported: ['ES256'],
  code_challenge_methods_supported: ['S256'],
  dpop_signing_alg_values_supported: ['ES256', 'RS256'],
});

/** The metadata is beside the issuer, or between host and path. */
function endpointOf(pathname: string, path: string): Endpoint | undefined {
  const wellKnown = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
  ];
  if (wellKnown.includes(pathname)) return 'metadata';
  const name = pathname.startsWith(`${path}/v1/`) ? pathname.slice(path.length + 4) : '';
  const names = ['keys', 'par', 'authorize', 'token', 'revoke', 'userinfo', 'logout'];
  return names.includes(name) ? (name as Endpoint) : undefined;
}

function clientOf(form: URLSearchParams, { authorization }: IncomingHttpHeaders): string {
  const basic = /^Basic (.+)$/.exec(authorization ?? '')?.[1];
  const id = basic && Buffer.from(basic, 'base64').toString().split(':')[0];
  return form.get('client_id') ?? decodeURIComponent(id ?? '');
}

/** RFC 7636 section 4.2. */
export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');
