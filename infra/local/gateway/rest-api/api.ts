// The streaming REST API, behind CloudFront: an answer begins as soon as the function has sent its head, and continues
// as fast as the client reads. A stream occupies its environment.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mostBytes } from '#core/limits.ts';
import type { Answer } from '#infra/local/gateway/http-api/answer.ts';
import { type Api, send } from '#infra/local/gateway/http-api/api.ts';
import type { Sink } from '#infra/local/gateway/lambda/environment.ts';

import { readBody, readHead } from '#infra/local/gateway/request.ts';
import { toRestEvent } from './event.ts';
import { headReader, type StreamHead } from './stream-head.ts';

export interface RestApi extends Pick<Api, 'functions' | 'route' | 'headerDecoding'> {
  /** The longest silence: after it, CloudFront gives up. */
  silenceMs: number;
  /** The most bytes of one answer; Lambda passes on no more. */
  mostBytes: number;
  /** Lambda does not tell a function that its client has left; `untold` imitates that. */
  leaving: 'told' | 'untold';
}

export async function handleRest(
  api: RestApi,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const event = await eventOf(api, request);
  if ('status' in event) return send(request, response, event);
  const { sink, begun } = sinkInto(api, response);
  const outcome = await api.functions.invoke(event.target, event.payload, {
    traceId: event.traceId,
    sink,
  });
  if (response.destroyed) return;
  // What the head promised will not come any more: the client must see that.
  if (begun()) outcome.kind === 'done' ? response.end() : response.destroy();
  else send(request, response, restAnswer(outcome.kind === 'throttled' ? 500 : 502));
}

async function eventOf(api: RestApi, request: IncomingMessage) {
  const head = readHead(request);
  if (typeof head === 'number') return restAnswer(head);
  const match = api.route(head.method, head.path);
  if (!match) return restAnswer(403);
  const body = await readBody(request);
  if (typeof body === 'number') return restAnswer(body);
  const port = request.socket.localPort ?? 0;
  const { headerDecoding } = api;
  const event = toRestEvent(request, { ...head, match, body, port, headerDecoding });
  const payload = JSON.stringify(event);
  if (Buffer.byteLength(payload) > mostBytes.lambda) return restAnswer(413);
  const traceId = event.headers['X-Amzn-Trace-Id'] ?? '';
  return { target: match.route.target, payload, traceId };
}

/** Passes the function's bytes on to the client. A chunk is accepted when the client's connection has room. */
function sinkInto({ silenceMs, mostBytes, leaving }: RestApi, response: ServerResponse) {
  const read = headReader();
  const left = new AbortController();
  let begun = false;
  let bytes = 0;
  const silence = setTimeout(() => {
    if (!begun) send(response.req, response, restAnswer(504));
    else response.destroy();
  }, silenceMs);
  response.on('close', () => {
    clearTimeout(silence);
    if (!response.writableFinished && leaving === 'told') left.abort();
  });
  const closed = once(response, 'close');
  const pass = async (bytes: Uint8Array) => {
    if (bytes.length === 0 || response.write(bytes) || response.destroyed) return;
    await Promise.race([once(response, 'drain'), closed]).catch(() => {});
  };
  const sink: Sink = {
    left: left.signal,
    async write(chunk) {
      silence.refresh();
      bytes += chunk.length;
      if (bytes > mostBytes) response.destroy();
      if (response.destroyed || response.writableEnded) return;
      if (begun) return pass(chunk);
      const found = read(chunk);
      if (found === undefined) return;
      if (found === 'bad') return send(response.req, response, restAnswer(502));
      begun = true;
      writeHead(response, found.head);
      await pass(found.rest);
    },
  };
  return { sink, begun: () => begun };
}

function writeHead(response: ServerResponse, { status, headers }: StreamHead) {
  // A flat list would be sent unchanged, but repeated names must stay separate lines.
  response.writeHead(status, headers.flat());
  response.flushHeaders();
}

const messages = {
  400: 'Bad Request',
  403: 'Missing Authentication Token',
  405: 'Method Not Allowed',
  413: 'Request Too Long',
  431: 'Request Header Fields Too Large',
  500: 'Internal server error',
  502: 'Internal server error',
  504: 'Endpoint request timed out',
} as const;

const restAnswer = (status: keyof typeof messages): Answer => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify({ message: messages[status] })),
});
