// Turns a function's result into the HTTP answer that an HTTP API makes of it (payload format 2.0).
import type { InvocationOutcome } from '#infra/local/gateway/lambda/environment.ts';

export interface Answer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** The gateway's own answers, in its own words. */
const messages = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

export function gatewayAnswer(status: keyof typeof messages, message?: string): Answer {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify({ message: message ?? messages[status] })),
  };
}

export function toAnswer(outcome: InvocationOutcome): Answer {
  if (outcome.kind === 'throttled') return gatewayAnswer(503);
  if (outcome.kind === 'failed') return gatewayAnswer(500);
  return fromPayload(outcome.payload) ?? gatewayAnswer(500);
}

/** Returns undefined when the result has a statusCode but not the right form. */
function fromPayload(payload: string): Answer | undefined {
  const result: unknown = JSON.parse(payload);
  if (!isObject(result) || !('statusCode' in result)) {
    // Without a statusCode the whole result is the body.
    return {
      status: 200,
      headers: [['content-type', 'application/json']],
      body: Buffer.from(payload),
    };
  }
  const status = result.statusCode;
  const headers = readHeaders(result.headers ?? {});
  const cookies = readCookies(result.cookies ?? []);
  const body = readBody(result.body ?? '', result.isBase64Encoded ?? false);
  if (!isStatus(status) || !headers || !cookies || !body) return undefined;
  const empty = status === 204 || status === 304;
  if (!empty && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['content-type', 'text/plain; charset=utf-8']);
  }
  return { status, headers: [...headers, ...cookies], body: empty ? Buffer.alloc(0) : body };
}

const isStatus = (status: unknown): status is number =>
  Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599;

/** The gateway sets these itself. */
const ownHeaders = /^(connection|content-length|keep-alive|transfer-encoding|upgrade|date)$/i;
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

function readHeaders(headers: unknown): Answer['headers'] | undefined {
  if (!isObject(headers)) return undefined;
  const list: Answer['headers'] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
    if (!headerName.test(name) || !headerValue.test(String(value))) return undefined;
    if (!ownHeaders.test(name)) list.push([name, String(value)]);
  }
  return list;
}

function readCookies(cookies: unknown): Answer['headers'] | undefined {
  if (!Array.isArray(cookies)) return undefined;
  if (!cookies.every((cookie) => typeof cookie === 'string' && headerValue.test(cookie))) {
    return undefined;
  }
  return cookies.map((cookie) => ['set-cookie', cookie]);
}

function readBody(body: unknown, isBase64Encoded: unknown): Buffer | undefined {
  if (typeof body !== 'string' || typeof isBase64Encoded !== 'boolean') return undefined;
  if (!isBase64Encoded) return Buffer.from(body);
  return /^[A-Za-z0-9+/]*={0,2}$/.test(body) ? Buffer.from(body, 'base64') : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
