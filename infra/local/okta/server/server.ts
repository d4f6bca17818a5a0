// The Okta stand-in: the org's authorization server, a custom one, sign-in pages and APIs on one loopback origin. It
// should be no kinder than Okta; a comment marks each place where it is.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { handleApi, servesApi } from '#infra/local/okta/api/api.ts';
import { rateLimits } from '#infra/local/okta/api/rate-limits.ts';
import { answerSafely, close, listen, readBody, send, withBody } from '#infra/local/okta/http.ts';
import {
  type OktaClient,
  type OktaOptions,
  type OktaSettings,
  settingsOf,
} from '#infra/local/okta/options.ts';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { type Directory, directory } from '#infra/local/okta/people/directory.ts';
import { type Desk, signIn } from '#infra/local/okta/people/sign-in.ts';
import {
  sendUniversalLogout,
  type UniversalLogout,
} from '#infra/local/okta/people/universal-logout.ts';
import { type EventFeed, eventFeed } from '#infra/local/okta/switchboard/events.ts';
import { type Faults, faultSwitches } from '#infra/local/okta/switchboard/faults.ts';
import { handleLocal } from '#infra/local/okta/switchboard/local-endpoints.ts';
import { nonces } from '#infra/local/okta/tokens/nonces.ts';
import { replays } from '#infra/local/okta/tokens/replays.ts';
import { type Revocable, revokeAll } from '#infra/local/okta/tokens/revocations.ts';
import { tokenId } from '#infra/local/okta/tokens/tokens.ts';
import { authorizationServer } from './authorization-server.ts';
import type { ParsedRequest } from './endpoint-middleware.ts';

export interface Okta {
  /** Where it listens on this machine. */
  url: string;
  /** The org authorization server's issuer, which is the origin. */
  issuer: string;
  /** The issuer of the custom authorization server. */
  customIssuer: string;
  settings: OktaSettings;
  faults: Faults;
  events: EventFeed;
  directory: Directory;
  /** Apps by client id. They can be added and changed while the stand-in runs. */
  clients: Map<string, OktaClient>;
  /** Scopes of the apps' own APIs, by resource indicator. */
  resources: Map<string, string[]>;
  servers: { org: AuthorizationServer; custom: AuthorizationServer };
  /** Ends sessions or tokens as an administrator can, and returns how many. */
  revoke(what: Revocable, user?: string): number;
  /** Sends Universal Logout to an app, and returns its status. */
  universalLogout(request: UniversalLogout, server?: AuthorizationServer): Promise<number>;
  close(): Promise<void>;
}

export async function startOkta(options: OktaOptions = {}): Promise<Okta> {
  let handle: Handler = async (req, res) => send(req, res, { status: 503 });
  const server = createServer((req, res) => answerSafely(req, res, handle));
  const url = await listen(server, options.port ?? 3001, options.host ?? '127.0.0.1');
  const settings = settingsOf(options);
  const { tunnel } = options;
  const org: Org = {
    origin: tunnel?.origin ?? url,
    isPublic: tunnel !== undefined,
    cookieKey: randomBytes(32).toString('base64url'),
    settings,
    faults: faultSwitches(),
    events: eventFeed(),
    clients: new Map((options.clients ?? []).map((client) => [client.clientId, client])),
    resources: new Map(),
    sessions: new Map(),
  };
  const [own, custom] = await Promise.all([
    authorizationServer(org, 'org'),
    authorizationServer(org, 'default'),
  ]);
  const users = directory();
  handle = handler(org, { org: own, custom }, users, { password: tunnel?.password });
  return {
    url,
    issuer: own.issuer,
    customIssuer: custom.issuer,
    settings,
    faults: org.faults,
    events: org.events,
    directory: users,
    clients: org.clients,
    resources: org.resources,
    servers: { org: own, custom },
    revoke: (what, user) => revokeAll(org, [own, custom], what, user),
    universalLogout: (request, from = own) => sendUniversalLogout(org, from, request),
    close: () => close(server),
  };
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

function handler(
  org: Org,
  servers: Okta['servers'],
  users: Directory,
  { password }: { password: string | undefined },
): Handler {
  const desk: Desk = { halfway: new Map(), password };
  const { clock } = org.settings;
  const shared = {
    org,
    directory: users,
    replays: replays(),
    rates: rateLimits(org.settings),
    resourceNonces: nonces(clock),
    lastCall: {},
  };
  const board = { org, servers: [servers.org, servers.custom], lastCall: shared.lastCall };
  const callbacks = new Map(
    [servers.org, servers.custom].map((one) => [one, one.provider.callback()]),
  );

  return async (req, res) => {
    if (org.isPublic) asReached(org, req);
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    const custom = path.startsWith(`${servers.custom.mount}/`) || path.endsWith('/oauth2/default');
    const server = custom ? servers.custom : servers.org;
    if (path.startsWith('/__local/')) {
      // It needs no password, and tells all of them.
      return org.isPublic ? send(req, res, { status: 404 }) : handleLocal(board, req, res);
    }
    if (servesApi(path)) return handleApi({ ...shared, server }, req, res);
    if (path.startsWith('/signin/default/')) return signIn(servers.custom, desk, req, res);
    if (path.startsWith('/signin/')) return signIn(servers.org, desk, req, res);
    const request = await forProvider(server, req);
    await callbacks.get(server)?.(request, res);
  };
}

/** Tunnels differ in what they do with these headers, and callers may set them, too. */
function asReached({ origin }: Org, { headers }: IncomingMessage): void {
  const { host, protocol } = new URL(origin);
  headers.host = host;
  headers['x-forwarded-host'] = host;
  headers['x-forwarded-proto'] = protocol.slice(0, -1);
}

/** In oidc-provider's form: below the server's own path, with tokens under the id by which they are stored. */
async function forProvider(
  { mount }: AuthorizationServer,
  req: IncomingMessage,
): Promise<ParsedRequest> {
  const url = req.url ?? '/';
  const body = await readBody(req);
  const form = new URLSearchParams(body.toString());
  const token = form.get('token');
  const kept = token && /\/(revoke|introspect)$/.test(url) ? tokenId(token) : token;
  if (token && kept !== token) form.set('token', kept ?? '');
  const request: ParsedRequest & { originalUrl?: string } = withBody(
    req,
    kept !== token ? Buffer.from(form.toString()) : body,
  );
  if (req.method === 'POST') {
    if (token) form.set('token', token);
    request.form = form;
  }
  // RFC 8414 puts the well-known part between host and path. Okta serves that address too.
  const own = url.startsWith('/.well-known/') ? url.replace(mount, '') : url.slice(mount.length);
  request.url = own;
  // Authorization and logout requests may be form posts. Okta's cookies are SameSite=None, but these are Lax: a post
  // from another site finds nobody signed in.
  if (req.method === 'POST' && /\/v1\/(authorize|logout)$/.test(own)) {
    request.method = 'GET';
    request.url = `${own}?${form}`;
    delete request.headers['content-type'];
    delete request.headers['content-length'];
  }
  request.originalUrl = `${mount}${request.url}`;
  return request;
}
