// A little broker on loopback that answers as docs/spa.md describes, and does nothing else.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

type Api = (seen: Seen, response: ServerResponse) => void;

const titles: Record<string, [status: number, title: string]> = {
  csrf: [403, 'The request did not come from this application.'],
  not_signed_in: [401, 'Please sign in.'],
  session_expired: [401, 'The session has ended. Please sign in again.'],
  device_proof_required: [401, 'The session is bound to a device.'],
  step_up_required: [401, 'This needs a stronger sign-in.'],
  upstream_timeout: [504, 'The API took too long to answer.'],
  signer_unavailable: [503, 'Requests cannot be signed at the moment.'],
};

export async function startBroker() {
  const requests: Seen[] = [];
  const waiting: (() => void)[] = [];
  let session: Record<string, unknown> | undefined;
  let api: Api = (_, response) => json(response, 200, []);

  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const seen = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body,
    };
    requests.push(seen);
    for (const look of waiting.splice(0)) look();
    if (incoming.headers['x-bff-csrf'] !== '1') return problem(response, 'csrf');
    const path = seen.url.replace(/\?.*/, '');
    if (path === '/bff/session') {
      return json(
        response,
        200,
        session ? { authenticated: true, ...session } : { authenticated: false },
      );
    }
    if (path === '/bff/logout') {
      session = undefined;
      return response.writeHead(204).end();
    }
    if (!session) return problem(response, 'not_signed_in');
    return api(seen, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    requests,
    /** The requests for one path. */
    to: (path: string) => requests.filter(({ url }) => url.replace(/\?.*/, '') === path),
    /** Resolves once `path` was asked for `times` times. */
    async asked(path: string, times: number) {
      while (requests.filter(({ url }) => url.startsWith(path)).length < times) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    signIn(more: Record<string, unknown> = {}) {
      const now = Math.floor(Date.now() / 1000);
      session = {
        user: { sub: '00u1', name: 'Ada Example' },
        expires_at: now + 43_200,
        idle_expires_at: now + 1_800,
        auth_time: now,
        ...more,
      };
    },
    end() {
      session = undefined;
    },
    serve(next: Api) {
      api = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type Broker = Awaited<ReturnType<typeof startBroker>>;

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string | string[]> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function problem(
  response: ServerResponse,
  code: string,
  extra: Record<string, string> = {},
  headers: Record<string, string> = {},
) {
  const [status, title] = titles[code] ?? [500, 'Something went wrong here.'];
  json(
    response,
    status,
    { type: 'about:blank', status, code, title, request_id: 'r1', ...extra },
    { 'content-type': 'application/problem+json', 'x-bff-answer': '1', ...headers },
  );
}
