// An API of one's own (seed 003): takes JWT access tokens that name it (custom authorization server, or a resource
// indicator), demands nonces as RFC 9449 section 9 has it, and shows what it received, byte for byte.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { redactAll, seenProof } from './events.ts';
import { type Answer, close, listen, readBody, send } from './http.ts';
import { type Nonces, nonces } from './nonces.ts';
import { replays } from './replays.ts';
import { judgeCall, type ResourceAccess, refused } from './resource-access.ts';
import { answerOf, type Received } from './resource-answers.ts';
import type { Okta } from './server.ts';

export interface ResourceServer {
  /** Also its resource indicator. */
  origin: string;
  nonces: Nonces;
  /** What arrived with a good token and proof, newest last. */
  received: Received[];
  close(): Promise<void>;
}

export interface ResourceServerOptions {
  okta: Okta;
  /** 0 takes a free port. */
  port?: number;
  host?: string;
}

const kept = 100;

export async function startResourceServer(options: ResourceServerOptions): Promise<ResourceServer> {
  const { okta } = options;
  let handle: (req: IncomingMessage, res: ServerResponse) => Promise<void> = async (req, res) =>
    send(req, res, { status: 503 });
  const server = createServer((req, res) => {
    handle(req, res).catch((error) => {
      console.error('the resource server stand-in failed:', error);
      send(req, res, { status: 500 });
    });
  });
  const origin = await listen(server, options.port ?? 3002, options.host ?? '127.0.0.1');
  okta.resources.set(origin, ['orders.read', 'orders.write']);
  const access: ResourceAccess = {
    origin,
    settings: okta.settings,
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
  return { origin, nonces: access.nonces, received, close: () => close(server) };
}

async function answer(
  okta: Okta,
  access: ResourceAccess,
  received: Received[],
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const body = await readBody(req);
  const verdict = await judgeCall(access, req);
  let result: Answer | 'streaming' | 'gone';
  if (verdict.kind === 'refused') {
    result = verdict.refusal;
  } else {
    await okta.faults.delay('resourceDelayMs');
    const call = seenCall(req, body);
    received.push(call);
    if (received.length > kept) received.shift();
    const fault = okta.faults.take('resource');
    result = fault
      ? await faulty(fault, access, req, res, call, verdict)
      : answerOf(call, verdict, res);
  }
  const status = typeof result === 'object' ? result.status : 200;
  await note(okta, req, status, typeof result === 'object' ? result : {});
  if (typeof result !== 'object') return;
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

type Granted = Extract<Awaited<ReturnType<typeof judgeCall>>, { kind: 'granted' }>;

async function faulty(
  fault: string,
  access: ResourceAccess,
  req: IncomingMessage,
  res: ServerResponse,
  call: Received,
  verdict: Granted,
): Promise<Answer | 'streaming' | 'gone'> {
  switch (fault) {
    case 'nonce_always':
      access.nonces.reset();
      return refused('use_dpop_nonce', 'Resource server requires nonce in DPoP proof').refusal;
    case 'nonce_rotating':
      // Every answer carries the only nonce that the next call may use.
      access.nonces.reset();
      return answerOf(call, verdict, res);
    case 'invalid_token':
      return refused('invalid_token', 'The access token is invalid').refusal;
    case 'step_up':
      return stepUpChallenge;
    case 'redirect':
      return { status: 302, headers: { location: 'https://evil.example/collect' } };
    case 'drop_before':
      req.socket.destroy();
      return 'gone';
    case 'hang':
      return 'gone';
    default:
      return { status: 500, body: { error: 'server_error' } };
  }
}

const stepUpChallenge: Answer = {
  status: 401,
  headers: {
    'www-authenticate':
      'DPoP error="insufficient_user_authentication", ' +
      'error_description="A different authentication level is required", ' +
      'acr_values="urn:okta:loa:2fa:any", max_age="300"',
  },
};

async function note(
  okta: Okta,
  req: IncomingMessage,
  status: number,
  { error, description }: { error?: string; description?: string; status?: number },
): Promise<void> {
  const [scheme, token] = (req.headers.authorization ?? '').split(' ');
  const proof = await seenProof(req.headers.dpop as string | undefined);
  const secrets = redactAll({ access_token: token });
  okta.events.add({
    kind: 'api',
    server: 'resource',
    method: req.method ?? '',
    path: (req.url ?? '/').split('?', 1)[0] ?? '/',
    status,
    ...(error ? { error } : {}),
    ...(description ? { description } : {}),
    ...(scheme ? { scheme } : {}),
    ...(proof ? { proof } : {}),
    ...(secrets ? { secrets } : {}),
  });
}
