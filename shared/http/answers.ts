// Answers that several functions give. Errors are application/problem+json for programs and a page for people.
import { BrokerError, type ErrorCode, statusOf, titleOf } from '#core/errors.ts';
import { mostBytes } from '#core/limits.ts';
import type { Handle, HttpAnswer, HttpRequest } from './message.ts';
import { navigationOf } from './origin.ts';

export const json = (body: unknown, more: Partial<HttpAnswer> = {}): HttpAnswer => ({
  status: 200,
  ...more,
  headers: { 'content-type': 'application/json', ...more.headers },
  body: JSON.stringify(body),
});

export const redirect = (
  status: 302 | 303,
  location: string,
  cookies: string[] = [],
): HttpAnswer => ({ status, headers: { location }, cookies });

/** Tells a refusal of the broker from one of an API: no route can pass back a header of this name. */
const ours = { 'x-bff-answer': '1' };

/** A page for people. */
export type ErrorPage = (request: HttpRequest, code: ErrorCode) => HttpAnswer;

/** The public answer to any thrown error. Without `errorPage`, people get what programs get. */
export function problem(fault: unknown, request: HttpRequest, errorPage?: ErrorPage): HttpAnswer {
  const error = fault instanceof BrokerError ? fault : undefined;
  const code: ErrorCode = error?.code ?? 'internal';
  if (errorPage && isForAPerson(request)) {
    const page = errorPage(request, code);
    return { ...page, headers: { ...page.headers, ...error?.headers, ...ours } };
  }
  return {
    status: statusOf(code),
    headers: { 'content-type': 'application/problem+json', ...error?.headers, ...ours },
    body: JSON.stringify({
      type: 'about:blank',
      status: statusOf(code),
      code,
      title: titleOf(code),
      request_id: request.id,
      ...error?.extra,
    }),
  };
}

/** The browser will show the answer as a page: it is not a fetch, a prefetch or a frame. */
function isForAPerson(request: HttpRequest): boolean {
  const { headers, path } = request;
  return (
    !path.startsWith('/bff/api/') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers.accept?.includes('text/html') === true &&
    navigationOf(request) !== 'none'
  );
}

export type Endpoints = Record<string, Partial<Record<string, Handle>>>;

/**
 * Finds the endpoint of a request: 404 for an unknown path, 405 for an unknown method. HEAD counts as GET. Anybody can
 * send a request to an endpoint, so what it reads must be small.
 */
export function endpoints(table: Endpoints): Handle & { paths: readonly string[] } {
  const answer: Handle = async (context, request) => {
    const methods = Object.hasOwn(table, request.path) ? table[request.path] : undefined;
    if (!methods) throw new BrokerError('no_route', 'no endpoint has this path');
    const handle = methods[request.method] ?? (request.method === 'HEAD' ? methods.GET : undefined);
    if (handle) return handle(context, bounded(request));
    throw new BrokerError('method_not_allowed', 'the endpoint does not allow this method', {
      headers: { allow: Object.keys(methods).join(', ') },
    });
  };
  return Object.assign(answer, { paths: Object.keys(table) });
}

/** A form of 2 MB would keep Node busy for seconds. */
function bounded(request: HttpRequest): HttpRequest {
  if ((request.body?.byteLength ?? 0) > mostBytes.endpoint) {
    throw new BrokerError('body_too_large', 'the body is too large for any endpoint');
  }
  if (request.rawQuery.length > mostBytes.endpoint) {
    throw new BrokerError('bad_request', 'the query is too long for any endpoint');
  }
  return request;
}
