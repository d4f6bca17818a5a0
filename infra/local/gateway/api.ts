// The HTTP API itself: limits, routing, one event per request, and at most 30 s for an answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, gatewayAnswer, toAnswer } from './answer.ts';
import { newRequestId, toEvent } from './event.ts';
import { type Functions, maxPayloadBytes } from './lambda.ts';
import { decodePath, type PathDecoding } from './path.ts';
import type { RouteMatch } from './routes.ts';

export interface Api {
  functions: Functions;
  route(method: string, path: string): RouteMatch | undefined;
  /** 30 s on AWS, and not to be changed there. */
  timeoutMs: number;
  pathDecoding: PathDecoding;
}

const maxHeaderBytes = 10_240;
const maxBodyBytes = 10 * 1024 * 1024;
const methods = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

export async function handleApi(api: Api, request: IncomingMessage, response: ServerResponse) {
  send(request, response, await answer(api, request));
}

async function answer(api: Api, request: IncomingMessage): Promise<Answer> {
  const { method = 'GET', url = '/' } = request;
  if (headerBytes(request) > maxHeaderBytes) return gatewayAnswer(431);
  if (!methods.has(method)) return gatewayAnswer(405);
  const target = splitTarget(url);
  const path = target && decodePath(target.path, api.pathDecoding);
  if (path === undefined) return gatewayAnswer(400);
  const match = api.route(method, path);
  if (!match) return gatewayAnswer(404);
  const body = await readBody(request);
  if (body === 'aborted') return gatewayAnswer(400);
  if (body === 'too large') return gatewayAnswer(413);

  const port = request.socket.localPort ?? 0;
  const event = toEvent(request, {
    path,
    rawQueryString: target?.query ?? '',
    match,
    body,
    port,
  });
  const payload = JSON.stringify(event);
  // Lambda takes 6 MB: base64 and escaping count.
  if (Buffer.byteLength(payload) > maxPayloadBytes) return gatewayAnswer(413);
  return invoke(api, match.route.target, payload, event.headers['x-amzn-trace-id'] ?? '');
}

/** The function goes on when the gateway gives up, unless its event still waits for an environment. */
async function invoke(api: Api, name: string, payload: string, traceId: string): Promise<Answer> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => {
      late.abort();
      resolve(gatewayAnswer(503));
    }, api.timeoutMs);
  });
  const result = api.functions.invoke(name, payload, { traceId, signal: late.signal });
  try {
    return await Promise.race([timeout, result.then(toAnswer)]);
  } finally {
    clearTimeout(timer);
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Answer,
) {
  const list = [...headers, ['apigw-requestid', newRequestId()] as [string, string]];
  const bodiless = status === 204 || status === 304;
  if (!bodiless) list.push(['content-length', String(body.length)]);
  if (!request.complete) {
    // Refused before its body was read: the rest is thrown away and the connection is not used again.
    list.push(['connection', 'close']);
    request.resume();
  }
  response.writeHead(status, list.flat());
  response.end(request.method === 'HEAD' || bodiless ? undefined : body);
}

/** Undefined: not an origin-form target of plain ASCII. */
function splitTarget(url: string): { path: string; query: string } | undefined {
  if (!/^\/[\x21\x22\x24-\x7e]*$/.test(url)) return undefined;
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const requestLine = `${method} ${url} HTTP/1.1\r\n`.length;
  // Two strings per header: a colon and a space after the first, an end of line after the second.
  return rawHeaders.reduce((sum, part) => sum + part.length + 2, requestLine);
}

function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'aborted'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    return Promise.resolve('too large');
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) resolve('too large');
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => resolve('aborted'));
  });
}
