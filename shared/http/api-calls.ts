// A call to /bff/api/*, on either front: who asks, for what, with which session (design: section 1.3).
import { BrokerError } from '#core/errors.ts';
import { type ProxyParts, proxied } from '#core/proxy/call.ts';
import type { LiveLimits } from '#core/proxy/live.ts';
import { targetOf } from '#core/proxy/target.ts';
import { cookiesOf, noMoreTries, sessionCookie } from './cookies.ts';
import { lastMomentsMs } from './in-time.ts';
import type { Handle, HttpRequest } from './message.ts';
import { isOwnDownload, requireOwnFetch } from './origin.ts';

// An HTTP API gives up after 30 s and Lambda ends us before.
const longestMs = 28_000;

/** `streams`: limits of the front that streams, which has the streamed routes; the other has the rest. */
export function apiCalls(parts: ProxyParts, streams?: LiveLimits): Handle {
  const { broker, routes } = parts;
  return async (request) => {
    const arrived = broker.clock.now();
    const download = isOwnDownload(request) && routes.find(request.path)?.route.navigable === true;
    if (!download) requireOwnFetch(request, broker.config.publicOrigin);
    if (asksForWebSocket(request)) {
      throw new BrokerError('bad_request', 'WebSockets are not supported');
    }
    if (request.isGarbled) throw garbled();
    const target = targetOf(routes, request);
    if (target.route.stream !== (streams !== undefined)) {
      throw new BrokerError('no_route', 'the other front has this route');
    }
    const cookies = cookiesOf(request);
    const secret = sessionCookie(cookies);
    if (secret === undefined) throw new BrokerError('not_signed_in', 'there is no session cookie');
    const remainingMs = request.remainingMs() - lastMomentsMs;
    const { status, headers, body, stream, over } = await proxied(parts, {
      target,
      headers: request.headers,
      secret,
      deadline: arrived + Math.min(remainingMs, longestMs),
      stream: streams && {
        limits: { ...streams, longestMs: Math.min(streams.longestMs, remainingMs) },
        left: request.left,
      },
    });
    return {
      status,
      headers: download ? asAttachment(headers) : headers,
      cookies: noMoreTries(cookies),
      ...(stream && over ? { stream: { body: stream, over } } : { body }),
    };
  };
}

/** Sent on, it would be another body than the caller's. As a binary type it comes as base64. */
const garbled = () =>
  new BrokerError('bad_request', 'the gateway took the body for UTF-8 text, and it was none', {
    extra: { detail: 'The body is not UTF-8: send it as application/octet-stream.' },
  });

/** A gateway may take `Upgrade` for itself and leave the rest of the handshake (pitfall 29). */
const asksForWebSocket = ({ headers }: Pick<HttpRequest, 'headers'>): boolean =>
  headers['sec-websocket-key'] !== undefined || /\bwebsocket\b/i.test(headers.upgrade ?? '');

/** Nothing that an API answers is shown as a page of our origin. */
function asAttachment(headers: Record<string, string>): Record<string, string> {
  const [, parameters = ''] = disposition.exec(headers['content-disposition']?.trim() ?? '') ?? [];
  return { ...headers, 'content-disposition': `attachment${parameters}` };
}

/** A type that is no token makes a browser ignore the whole line (RFC 6266 section 4.1). */
const disposition = /^[\w!#$%&'*+.^`|~-]*[ \t]*(;.*)?$/s;
