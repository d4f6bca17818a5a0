// The REST API that streams, behind CloudFront: an answer begins as soon as the function has said its head, and goes
// on as fast as the client reads. A stream occupies the environment that makes it.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { type Api, send } from './api.ts';
import type { Sink } from './environment.ts';
import { maxPayloadBytes } from './lambda.ts';
import { readBody, readHead } from './request.ts';
import { toRestEvent } from './rest-event.ts';
import { headReader, type StreamHead } from './stream-head.ts';

export interface RestApi extends Pick<Api, 'functions' | 'route' | 'headerDecoding'> {
  /** The longest silence: CloudFront gives up then. */
  silenceMs: number;
  /** Of one answer; Lambda passes no more on. */
  mostBytes: number;
  /** Lambda does not tell a function that its client has left; `untold` plays that. */
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
  // What was promised in the head does not come any more: the client has to see it.
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
  if (Buffer.byteLength(payload) > maxPayloadBytes) return restAnswer(413);
  const traceId = event.headers['X-Amzn-Trace-Id'] ?? '';
  return { target: match.route.target, payload, traceId };
}

/** The function's bytes as the client's answer; a chunk is taken when the client's connection has room. */
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
  // One list of lines would be taken as it is; names that come twice must stay two lines.
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
