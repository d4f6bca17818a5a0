// What stands before a server that we did not write: the issuer's address. It passes everything on, writes down what
// came and what was answered, and can spoil an answer after the server has acted.
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf, type IncomingMessage, type ServerResponse } from '#test/support/loopback.ts';

export interface Passed {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  form: URLSearchParams;
  /** Absent while there is no answer. */
  answer?: { status: number; headers: IncomingHttpHeaders; text: string };
}

/** `'lose'`: the server acts, and its answer is lost. */
export type Spoilt = { status: number; text?: string } | 'lose';

export type Front = Awaited<ReturnType<typeof startFront>>;

export async function startFront() {
  const seen: Passed[] = [];
  const spoilt = new Map<string, Spoilt>();
  let target: URL | undefined;

  const server = createServer((asked, answer) => void pass(asked, answer));

  async function pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(asked);
    const url = new URL(asked.url ?? '/', 'http://front');
    const passed: Passed = {
      method: asked.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: asked.headers,
      form: new URLSearchParams(body.toString()),
    };
    seen.push(passed);
    const change = spoilt.get(passed.path);
    if (change && change !== 'lose') {
      answer.writeHead(change.status).end(change.text);
      return;
    }
    if (!target) {
      asked.socket.destroy();
      return;
    }
    const { method, headers } = asked;
    const { hostname, port } = target;
    request({ hostname, port, path: asked.url, method, headers, agent: false }, (theirs) => {
      void bodyOf(theirs).then((bytes) => {
        const { statusCode: status = 0, rawHeaders } = theirs;
        passed.answer = { status, headers: theirs.headers, text: bytes.toString() };
        if (change === 'lose') asked.socket.destroy();
        else answer.writeHead(status, withLength(rawHeaders, bytes.length)).end(bytes);
      });
    })
      .on('error', () => asked.socket.destroy())
      .end(body);
  }

  // As load balancers do. With Node's five seconds a request now and then meets a connection that is just being closed.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    seen,
    /** Where the server is; nowhere while it is down. */
    leadTo(url: string | undefined): void {
      target = url === undefined ? undefined : new URL(url);
    },
    /** What one endpoint was asked, oldest first. */
    to: (path: string): Passed[] => seen.filter((one) => one.path === path),
    spoil: (path: string, how: Spoilt): unknown => spoilt.set(path, how),
    mend: (): void => spoilt.clear(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The answer is whole: it has a length, and no chunks. */
function withLength(rawHeaders: string[], length: number): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (/^(transfer-encoding|connection|keep-alive|content-length)$/i.test(name)) continue;
    kept.push(name, rawHeaders[at + 1] ?? '');
  }
  return [...kept, 'content-length', String(length)];
}
