// The small HTTP layer that the stand-ins share: complete bodies in, plain answers out, one line per header value.
import { IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface OktaAnswer {
  status: number;
  headers?: Record<string, string | string[] | undefined>;
  /** Values become JSON; text and bytes stay as they are. */
  body?: unknown;
}

export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function send(req: IncomingMessage, res: ServerResponse, answer: OktaAnswer): void {
  if (res.destroyed || res.headersSent) return;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) res.setHeader(name, value);
  }
  const raw = typeof answer.body === 'string' || answer.body instanceof Uint8Array;
  if (answer.body !== undefined && !raw && !res.hasHeader('content-type')) {
    res.setHeader('content-type', 'application/json');
  }
  res.statusCode = answer.status;
  if (answer.body === undefined) {
    if (answer.status !== 204 && answer.status !== 304) res.setHeader('content-length', 0);
    res.end();
    return;
  }
  let bytes = Buffer.from(raw ? (answer.body as string) : JSON.stringify(answer.body));
  if (bytes.length > 256 && /\bgzip\b/.test(req.headers['accept-encoding'] ?? '')) {
    bytes = gzipSync(bytes);
    res.setHeader('content-encoding', 'gzip');
    res.appendHeader('vary', 'Accept-Encoding');
  }
  res.setHeader('content-length', bytes.length);
  res.end(req.method === 'HEAD' ? undefined : bytes);
}

/** A caller who leaves is nobody's fault; anything else is ours. */
export function answerSafely(
  req: IncomingMessage,
  res: ServerResponse,
  handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
): void {
  handle(req, res).catch((error) => {
    if (req.destroyed && !req.complete) return;
    console.error('the Okta stand-in failed:', error);
    send(req, res, { status: 500 });
  });
}

/** The same request with another body, for a handler that reads the body itself. */
export function withBody(req: IncomingMessage, body: Uint8Array): IncomingMessage {
  const copy = new IncomingMessage(req.socket);
  copy.method = req.method ?? 'GET';
  copy.url = req.url ?? '/';
  copy.httpVersion = req.httpVersion;
  copy.headers = { ...req.headers, 'content-length': String(body.length) };
  delete copy.headers['transfer-encoding'];
  copy.rawHeaders = req.rawHeaders;
  copy.push(body);
  copy.push(null);
  copy.complete = true;
  return copy;
}

export async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
