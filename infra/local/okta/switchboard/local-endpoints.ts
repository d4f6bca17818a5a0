// The switchboard of the stand-in, below /__local/: faults, the event feed, revocations, Universal Logout, thefts.
// None of it exists at Okta, and none of it is ever deployed. Pages of the registered apps may use it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OktaAnswer, readBody, send } from '#infra/local/okta/http.ts';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { people } from '#infra/local/okta/people/people.ts';
import {
  sendUniversalLogout,
  type UniversalLogout,
} from '#infra/local/okta/people/universal-logout.ts';
import { type StolenCall, steal, type Theft, thefts } from '#infra/local/okta/resource/thefts.ts';
import { type Revocable, revokeAll } from '#infra/local/okta/tokens/revocations.ts';
import type { OktaEvent } from './events.ts';
import { type FaultName, faultValues, type OktaFault } from './faults.ts';

export interface Switchboard {
  org: Org;
  servers: AuthorizationServer[];
  lastCall: { value?: StolenCall };
}

export async function handleLocal(
  board: Switchboard,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { org } = board;
  const url = new URL(req.url ?? '/', org.origin);
  // A page elsewhere must not reach this by a name that points here.
  if (req.headers.host !== new URL(org.origin).host) {
    return send(req, res, wrong(421, `the switchboard is at ${org.origin}/__local/`));
  }
  const cors = corsFor(org, req);
  if (req.method === 'OPTIONS') return send(req, res, { status: 204, headers: cors });
  const streams = req.headers.accept?.includes('text/event-stream');
  if (url.pathname === '/__local/events' && streams) return stream(org, req, res, cors);
  const answer = await answerTo(board, req, url);
  send(req, res, {
    ...answer,
    headers: { 'cache-control': 'no-store', ...cors, ...answer.headers },
  });
}

async function answerTo(board: Switchboard, req: IncomingMessage, url: URL): Promise<OktaAnswer> {
  const { org, servers } = board;
  const text = (await readBody(req)).toString();
  const route = `${req.method} ${url.pathname.slice('/__local/'.length)}`;
  try {
    if (req.method === 'POST' && !req.headers['content-type']?.startsWith('application/json')) {
      return wrong(415, 'send JSON, with the header content-type: application/json');
    }
    const input = text ? JSON.parse(text) : {};
    switch (route) {
      case 'GET faults':
        return ok({ active: org.faults.list(), known: faultValues });
      case 'POST faults':
        for (const [name, fault] of Object.entries(input)) {
          org.faults.set(name as FaultName, (fault ?? undefined) as OktaFault | undefined);
        }
        return ok({ active: org.faults.list() });
      case 'DELETE faults':
        org.faults.clear();
        return { status: 204 };
      case 'GET events':
        return ok(org.events.list());
      case 'DELETE events':
        org.events.clear();
        return { status: 204 };
      case 'GET people':
        return ok(people);
      case 'POST nonces/rotate':
        for (const { nonces } of servers) nonces.reset();
        return { status: 204 };
      case 'POST revoke':
        return ok({ ended: revokeAll(org, servers, revocable(input.what), known(input.user)) });
      case 'POST universal-logout':
        return await universalLogout(board, input as UniversalLogout & { server?: string });
      case 'POST thefts':
        return await theft(board, input.theft as Theft);
      default:
        return wrong(
          404,
          `there is no ${req.method} ${url.pathname}; there are ${routes.join(', ')}`,
        );
    }
  } catch (error) {
    return wrong(400, error instanceof Error ? error.message : 'bad request');
  }
}

const routes = [
  'GET, POST, DELETE faults',
  'GET, DELETE events',
  'GET people',
  'POST nonces/rotate',
  'POST revoke',
  'POST universal-logout',
  'POST thefts',
];

function revocable(what: unknown): Revocable {
  const all: Revocable[] = ['sessions', 'access_tokens', 'refresh_tokens'];
  const found = all.find((one) => one === what);
  if (found) return found;
  throw new TypeError(`what must be ${all.join(', ')}`);
}

/** A person by name or by id; nobody stands for everybody. */
function known(user: unknown): string | undefined {
  if (user === undefined) return undefined;
  if (people.some(({ username, id }) => username === user || id === user)) return String(user);
  throw new TypeError(`user must be ${people.map(({ username }) => username).join(', ')}`);
}

const wrong = (status: number, error: string): OktaAnswer => ({ status, body: { error } });
const ok = (body: unknown): OktaAnswer => ({ status: 200, body });

async function universalLogout(
  { org, servers }: Switchboard,
  input: UniversalLogout & { server?: string },
): Promise<OktaAnswer> {
  const server = servers.find(({ name }) => name === (input.server ?? 'org'));
  if (!server) return wrong(404, `server must be ${servers.map(({ name }) => name).join(', ')}`);
  return ok({ status: await sendUniversalLogout(org, server, input) });
}

async function theft({ lastCall }: Switchboard, theft: Theft): Promise<OktaAnswer> {
  if (!thefts.includes(theft)) return { status: 400, body: { known: thefts } };
  if (!lastCall.value) return { status: 409, body: { error: 'no call was seen yet' } };
  return ok(await steal(lastCall.value, theft));
}

/** Only pages of apps that are registered here. */
function corsFor(org: Org, req: IncomingMessage): Record<string, string> {
  const { origin } = req.headers;
  const known = [...org.clients.values()].some(({ redirectUris }) =>
    redirectUris.some((uri) => URL.parse(uri)?.origin === origin),
  );
  if (!origin || !known) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'content-type',
    vary: 'Origin',
  };
}

function stream(
  org: Org,
  req: IncomingMessage,
  res: ServerResponse,
  cors: Record<string, string>,
): void {
  res.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    ...cors,
  });
  const seen = Number(req.headers['last-event-id'] ?? 0);
  const write = (event: OktaEvent) =>
    res.write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
  for (const event of org.events.list()) if (event.id > seen) write(event);
  res.write(': listening\n\n');
  const unsubscribe = org.events.subscribe(write);
  res.on('close', unsubscribe);
}
