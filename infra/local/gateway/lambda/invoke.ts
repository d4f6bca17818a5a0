// The Invoke operation of the Lambda API, for functions without a route: the operator's command line reaches them with
// the real SDK client. As on Lambda, requests without a signature are refused. That also keeps web pages out, because a
// browser must ask before it sends an Authorization header. A page that reached this port by another name (hosts.ts)
// need not ask: it is refused for that name.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { mostBytes } from '#core/limits.ts';
import { isOurHost } from '#infra/local/lib/hosts.ts';
import { type Listening, listenLocally } from '#infra/local/lib/listen.ts';
import type { Functions } from './lambda.ts';
import { functionArn } from './variables.ts';

/** Where the operator's command looks by default. */
export const usualLambdaPort = 3002;

/** `usual`: the usual port if it is free, otherwise any. */
export async function startInvokeApi(
  port: number | 'usual',
  functions: () => Functions,
): Promise<Listening> {
  const listenAt = (at: number) =>
    listenLocally('lambda', at, {}, (server) => {
      server.on('request', (request, response) => {
        invoke(functions(), request, response).catch((error: unknown) => {
          console.error('invoke:', error);
          response.destroy();
        });
      });
    });
  if (port !== 'usual') return listenAt(port);
  return listenAt(usualLambdaPort).catch(() => listenAt(0));
}

async function invoke(functions: Functions, request: IncomingMessage, response: ServerResponse) {
  const requestId = randomUUID();
  const send = (status: number, body: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      ...headers,
    });
    response.end(body);
  };
  const refuse = (status: number, type: string, fields: Record<string, string>) => {
    request.resume();
    send(status, JSON.stringify(fields), { 'x-amzn-errortype': type });
  };

  if (!isOurHost(request)) {
    return refuse(421, 'UnknownOperationException', { Message: 'Misdirected Request' });
  }
  const path = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?.*)?$/.exec(request.url ?? '');
  if (request.method !== 'POST' || !path) {
    return refuse(404, 'UnknownOperationException', { Message: 'Only Invoke is here.' });
  }
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    const Message = 'Missing Authentication Token';
    return refuse(403, 'MissingAuthenticationTokenException', { Message });
  }
  const name = nameOf(path[1] ?? '');
  if (!functions.has(name)) {
    const Message = `Function not found: ${functionArn(name)}`;
    return refuse(404, 'ResourceNotFoundException', { Type: 'User', Message });
  }
  const payload = (await text(request)) || '{}';
  if (Buffer.byteLength(payload) > mostBytes.lambda) {
    const message = `${payload.length} byte payload is too large for the RequestResponse invocation type (limit ${mostBytes.lambda} bytes)`;
    return refuse(413, 'RequestTooLargeException', { Type: 'User', message });
  }
  if (!isJson(payload)) {
    const Message = 'Could not parse request body into json';
    return refuse(400, 'InvalidRequestContentException', { Type: 'User', Message });
  }

  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return send(204, '');
  const outcome = functions.invoke(name, payload, { requestId });
  if (type === 'Event') return send(202, '');
  const version = { 'x-amz-executed-version': '$LATEST' };
  const result = await outcome;
  if (result.kind === 'done') return send(200, result.payload, version);
  if (result.kind === 'failed') {
    const unhandled = { ...version, 'x-amz-function-error': 'Unhandled' };
    return send(200, JSON.stringify(result.error), unhandled);
  }
  return refuse(429, 'TooManyRequestsException', {
    Reason: 'ConcurrentInvocationLimitExceeded',
    Type: 'User',
    message: 'Rate Exceeded.',
  });
}

/** A name, a partial ARN or an ARN, with or without a version. */
function nameOf(encoded: string): string {
  const given = decodeURIComponent(encoded);
  return /(?:^|:)function:([^:]+)/.exec(given)?.[1] ?? given.split(':')[0] ?? given;
}

function isJson(payload: string): boolean {
  try {
    JSON.parse(payload);
    return true;
  } catch {
    return false;
  }
}
