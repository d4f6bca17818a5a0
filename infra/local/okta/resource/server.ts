// An API of the app's own. It accepts JWT access tokens that name it (from a custom authorization server, or for a
// resource indicator), demands nonces as in RFC 9449 section 9, and shows what it received, byte for byte.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { noteCall } from '#infra/local/okta/api/call-events.ts';
import {
  answerSafely,
  close,
  listen,
  type OktaAnswer,
  readBody,
  send,
} from '#infra/local/okta/http.ts';
import { personById } from '#infra/local/okta/people/people.ts';
import type { Okta } from '#infra/local/okta/server/server.ts';
import { type Nonces, nonces } from '#infra/local/okta/tokens/nonces.ts';
import { replays } from '#infra/local/okta/tokens/replays.ts';
import { judgeCall, type ResourceAccess } from './access.ts';
import { answerOf, type Received } from './answers.ts';
import { resourceFault } from './faults.ts';

export interface ResourceServer {
  /** Where it listens. */
  url: string;
  /** Also its resource indicator. */
  origin: string;
  nonces: Nonces;
  /** The requests that came with a valid token and proof, newest last. */
  received: Received[];
  close(): Promise<void>;
}

export interface ResourceServerOptions {
  okta: Okta;
  /** 0 takes a free port. */
  port?: number;
  host?: string;
  /** Where callers reach it, if something stands in front of it. */
  origin?: string;
}

const kept = 100;

export async function startResourceServer(options: ResourceServerOptions): Promise<ResourceServer> {
  const { okta } = options;
  let handle: (req: IncomingMessage, res: ServerResponse) => Promise<void> = async (req, res) =>
    send(req, res, { status: 503 });
  const server = createServer((req, res) => answerSafely(req, res, handle));
  const url = await listen(server, options.port ?? 3002, options.host ?? '127.0.0.1');
  const origin = options.origin ?? url;
  okta.resources.set(origin, ['orders.read', 'orders.write']);
  const access: ResourceAccess = {
    origin,
    settings: okta.settings,
    // It asks the stand-in itself, and not what stands in front of that.
    issuerAt: okta.url,
    trusted: [
      { issuer: okta.issuer, audience: origin },
      { issuer: okta.customIssuer, audience: okta.servers.custom.audience },
    ],
    replays: replays(),
    nonces: nonces(okta.settings.clock),
    keys: new Map(),
  };
  const received: Received[] = [];
  handle = (req, res) => answer(okta, access, received, req, res);
  return { url, origin, nonces: access.nonces, received, close: () => close(server) };
}

async function answer(
  { faults, events }: Okta,
  access: ResourceAccess,
  received: Received[],
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const body = await readBody(req);
  const verdict = await judgeCall(access, req);
  let result: OktaAnswer | 'streaming' | 'gone';
  if (verdict.kind === 'refused') {
    result = verdict.refusal;
  } else {
    await faults.delay('resourceDelayMs');
    const call = seenCall(req, body);
    received.push(call);
    if (received.length > kept) received.shift();
    const fault = resourceFault(faults.take('resource'), access, req);
    result = fault ?? answerOf(call, verdict, res);
  }
  if (result === 'gone') return;
  const said = result === 'streaming' ? { status: 200 } : result;
  const user = verdict.kind === 'granted' ? personById(verdict.claims.sub)?.username : undefined;
  await noteCall(events, 'resource', req, { ...said, user });
  if (result === 'streaming') return;
  const next = access.nonces.current();
  const headers = verdict.nonce === next ? {} : { 'dpop-nonce': next, 'cache-control': 'no-store' };
  send(req, res, { ...result, headers: { ...headers, ...result.headers } });
}

function seenCall(req: IncomingMessage, body: Buffer): Received {
  const raw = req.url ?? '/';
  const at = raw.indexOf('?');
  return {
    method: req.method ?? '',
    path: at < 0 ? raw : raw.slice(0, at),
    query: at < 0 ? '' : raw.slice(at + 1),
    headers: req.headers,
    rawHeaders: req.rawHeaders,
    body,
  };
}
