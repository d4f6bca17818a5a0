// The HTTP API itself: limits, routing, one event per request, and at most 30 s for an answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mostBytes } from '#core/limits.ts';
import type { Functions } from '#infra/local/gateway/lambda/lambda.ts';
import { type HeaderDecoding, readBody, readHead } from '#infra/local/gateway/request.ts';
import type { RouteMatch } from '#infra/local/gateway/routes.ts';
import { type Answer, gatewayAnswer, toAnswer } from './answer.ts';
import { newRequestId, toEvent } from './event.ts';
import { decodePath, type PathDecoding } from './path.ts';

export interface Api {
  functions: Functions;
  route(method: string, path: string): RouteMatch | undefined;
  /** 30 s on AWS, where it cannot be changed. */
  timeoutMs: number;
  pathDecoding: PathDecoding;
  headerDecoding: HeaderDecoding;
}

export async function handleApi(api: Api, request: IncomingMessage, response: ServerResponse) {
  send(request, response, await answer(api, request));
}

async function answer(api: Api, request: IncomingMessage): Promise<Answer> {
  const head = readHead(request);
  if (typeof head === 'number') return gatewayAnswer(head);
  const path = decodePath(head.path, api.pathDecoding);
  if (path === undefined) return gatewayAnswer(400);
  const match = api.route(head.method, path);
  if (!match) return gatewayAnswer(404);
  const body = await readBody(request);
  if (typeof body === 'number') return gatewayAnswer(body);

  const port = request.socket.localPort ?? 0;
  const { headerDecoding } = api;
  const facts = { path, rawQueryString: head.query, match, body, port, headerDecoding };
  const event = toEvent(request, facts);
  const payload = JSON.stringify(event);
  // Lambda accepts 6 MB, including base64 and escaping.
  if (Buffer.byteLength(payload) > mostBytes.lambda) return gatewayAnswer(413);
  return invoke(api, match.route.target, payload, event.headers['x-amzn-trace-id'] ?? '');
}

/** The function continues when the gateway gives up, unless its event still waits for an environment. */
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

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Answer,
) {
  const list = [...headers, ['apigw-requestid', newRequestId()] as [string, string]];
  const bodiless = status === 204 || status === 304;
  if (!bodiless) list.push(['content-length', String(body.length)]);
  if (!request.complete) {
    // It was refused before its body was read: the rest is thrown away, and the connection is not used again.
    list.push(['connection', 'close']);
    request.resume();
  }
  response.writeHead(status, list.flat());
  response.end(request.method === 'HEAD' || bodiless ? undefined : body);
}
