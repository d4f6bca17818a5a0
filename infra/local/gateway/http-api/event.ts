// Turns an HTTP request into the payload 2.0 event of an API Gateway HTTP API. It loses and changes what AWS does: the
// path is decoded, cookies leave the headers, repeated headers are joined, and most bodies arrive as base64.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { account, region } from '#infra/local/gateway/lambda/variables.ts';
import { type HeaderDecoding, rawHeadersOf, schemeOf } from '#infra/local/gateway/request.ts';
import type { RouteMatch } from '#infra/local/gateway/routes.ts';

export interface EventFacts {
  /** Decoded. */
  path: string;
  rawQueryString: string;
  match: RouteMatch;
  body: Buffer;
  /** The port that the client reached. */
  port: number;
  headerDecoding?: HeaderDecoding;
  now?: Date;
}

/** CloudFront does not pass on the viewer's Host, so a function never sees the public host name. */
export const domainName = `local.execute-api.${region}.amazonaws.com`;

export const newRequestId = () => randomBytes(11).toString('base64');
export const newTraceId = (now: Date) =>
  `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;

export function toEvent(request: IncomingMessage, facts: EventFacts): APIGatewayProxyEventV2 {
  const { path, rawQueryString, match, body } = facts;
  const now = facts.now ?? new Date();
  const sourceIp = ipOf(request);
  const { headers, cookies } = readHeaders(rawHeadersOf(request, facts.headerDecoding));
  setGatewayHeaders(headers, {
    sourceIp,
    port: facts.port,
    scheme: schemeOf(request),
    body,
    now,
  });
  const text = isText(headers['content-type']);

  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath: path,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...queryParameters(rawQueryString),
    requestContext: {
      accountId: account,
      apiId: 'local',
      domainName,
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: newRequestId(),
      routeKey: match.route.key,
      stage: '$default',
      time: clfTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: match.pathParameters }),
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
  };
}

/** Names come from the client: `constructor` and `__proto__` are ordinary names. */
const record = (): Record<string, string> => Object.create(null);

export const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

function readHeaders(raw: string[]) {
  const headers = record();
  const cookies: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    if (hopByHop.has(name)) continue;
    if (name === 'cookie') cookies.push(...splitCookies(value));
    else headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  return { headers, cookies };
}

const splitCookies = (value: string) =>
  value
    .split(';')
    .map((cookie) => cookie.replace(/^ +/, ''))
    .filter((cookie) => cookie !== '');

function setGatewayHeaders(
  headers: Record<string, string>,
  facts: { sourceIp: string; port: number; scheme: string; body: Buffer; now: Date },
) {
  headers.host = domainName;
  headers['content-length'] = String(facts.body.length);
  // An empty request gets a content type. A body without one is treated as binary.
  if (facts.body.length === 0) headers['content-type'] ??= 'text/plain; charset=utf-8';
  headers['x-amzn-trace-id'] = newTraceId(facts.now);
  // Appended: the client controls everything left of the last entry.
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before ? `${before}, ${facts.sourceIp}` : facts.sourceIp;
  headers['x-forwarded-port'] = String(facts.port);
  headers['x-forwarded-proto'] = facts.scheme;
}

export const ipOf = (request: IncomingMessage) =>
  (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');

/** The types that arrive as text on live HTTP APIs. Forms, and bodies without a type, do not. */
function isText(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return /^text\/|^application\/(json|xml|javascript)$/.test(type);
}

function queryParameters(raw: string) {
  const parameters = record();
  for (const [name, value] of new URLSearchParams(raw)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  }
  return Object.keys(parameters).length > 0 && { queryStringParameters: parameters };
}

/** 21/Nov/2026:03:15:00 +0000 */
export function clfTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
