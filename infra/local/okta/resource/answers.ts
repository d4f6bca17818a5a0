// The answers of the app's own API: some orders, and pages with which a test compares both ends of a proxy.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { JWTAccessTokenClaims } from 'oauth4webapi';
import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { satisfies } from '#infra/local/okta/people/assurance.ts';

/** A call as it arrived. Path and query are raw. */
export interface Received {
  method: string;
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: Buffer;
}

interface Granted {
  claims: JWTAccessTokenClaims;
}

export function answerOf(
  call: Received,
  granted: Granted,
  res: ServerResponse,
): OktaAnswer | 'streaming' {
  const name = call.path.split('/')[1] ?? '';
  if (name === 'stream') return stream(call, res);
  return (Object.hasOwn(answers, name) ? answers[name] : notFound)?.(call, granted) ?? notFound();
}

const notFound = (): OktaAnswer => ({ status: 404, body: { error: 'not_found' } });
const parameter = ({ query }: Received, name: string) => new URLSearchParams(query).get(name);

const answers: Record<string, (call: Received, granted: Granted) => OktaAnswer> = {
  /** What arrived, as JSON. Any secrets in it are the caller's own. */
  echo: (call, { claims }) => ({
    status: 200,
    body: {
      method: call.method,
      path: call.path,
      query: call.query,
      headers: { ...call.headers, authorization: undefined, dpop: undefined },
      bodyBytes: call.body.length,
      bodySha256: createHash('sha256').update(call.body).digest('hex'),
      sub: claims.sub,
    },
  }),

  /** Returns the same bytes with the content type that they came with. */
  mirror: ({ body, headers }) => ({
    status: 200,
    headers: { 'content-type': headers['content-type'] ?? 'application/octet-stream' },
    body,
  }),

  /** As many bytes as requested, covering every value. */
  bytes: (call) => {
    const size = Math.min(Number(parameter(call, 'size') ?? 1024), 32_000_000);
    return {
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="bytes.bin"',
      },
      body: Uint8Array.from({ length: size }, (_, at) => (at * 31) % 256),
    };
  },

  status: ({ path }) => {
    const status = Number(path.split('/')[2]);
    return { status: status >= 200 && status <= 599 ? status : 400 };
  },

  /** Headers that must not reach a browser, and some that must. */
  headers: () => ({
    status: 200,
    headers: {
      'set-cookie': ['sid=upstream; Path=/', '__Host-Http-bff=stolen; Path=/; Secure; HttpOnly'],
      'access-control-allow-origin': '*',
      'clear-site-data': '"cookies"',
      refresh: '0; url=https://evil.example/',
      'strict-transport-security': 'max-age=1',
      'x-internal': 'secret',
      etag: '"v1"',
      'last-modified': 'Wed, 01 Oct 2025 10:00:00 GMT',
    },
    body: { ok: true },
  }),

  /** Location and Link as the caller requests them. */
  redirect: (call) => ({
    status: Number(parameter(call, 'status') ?? 302),
    headers: {
      location: parameter(call, 'to') ?? '/echo',
      ...(parameter(call, 'link') ? { link: parameter(call, 'link') ?? '' } : {}),
    },
  }),

  orders: ({ method }, { claims }) => {
    const scope = method === 'GET' || method === 'HEAD' ? 'orders.read' : 'orders.write';
    if (
      !String(claims.scope ?? '')
        .split(' ')
        .includes(scope)
    )
      return noScope(scope);
    if (scope === 'orders.write') return { status: 201, body: { id: 'o-4', state: 'placed' } };
    return { status: 200, body: orders };
  },

  /** Demands a second factor, as in RFC 9470 section 3. */
  vault: (_call, { claims }) =>
    satisfies(claims.acr as string | undefined, 'urn:okta:loa:2fa:any')
      ? { status: 200, body: { secret: 'the vault is open' } }
      : {
          status: 401,
          headers: {
            'www-authenticate':
              'DPoP error="insufficient_user_authentication", ' +
              'error_description="A second factor is required", acr_values="urn:okta:loa:2fa:any"',
          },
        },
};

const orders = [
  { id: 'o-1', item: 'Analytical engine', state: 'shipped' },
  { id: 'o-2', item: 'Punch cards', state: 'packed' },
  { id: 'o-3', item: 'Lamp oil', state: 'placed' },
];

const noScope = (scope: string): OktaAnswer => ({
  status: 403,
  headers: { 'www-authenticate': `DPoP error="insufficient_scope", scope="${scope}"` },
  body: { error: 'insufficient_scope' },
});

/** Server-sent events, until enough were sent or the client leaves. */
function stream(call: Received, res: ServerResponse): 'streaming' {
  const count = Number(parameter(call, 'count') ?? 3);
  const everyMs = Number(parameter(call, 'everyMs') ?? 50);
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let sent = 0;
  const write = () => {
    sent += 1;
    res.write(`id: ${sent}\ndata: tick ${sent}\n\n`);
    if (sent >= count) res.end();
  };
  write();
  const timer = setInterval(() => (res.writableEnded ? clearInterval(timer) : write()), everyMs);
  res.on('close', () => clearInterval(timer));
  return 'streaming';
}
