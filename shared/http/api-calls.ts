// A call to /bff/api/*, on either front: it finds out who calls, what they want, and with which session.
import { BrokerError } from '#core/errors.ts';
import { proxiedCall } from '#core/proxy/call.ts';
import type { ProxyEnvironment } from '#core/proxy/environment.ts';
import { targetOf } from '#core/proxy/url/target.ts';
import { cookiesOf, noMoreTries, sessionCookie } from './cookies.ts';
import { shownBy } from './device/shown.ts';
import type { Handle, HttpRequest } from './message.ts';
import { isOwnDownload, requireOwnFetch } from './origin.ts';

export const apiCalls: Handle<ProxyEnvironment> = async (context, request) => {
  const { config, routes, streams } = context.env;
  const download = isOwnDownload(request) && routes.find(request.path)?.route.navigable === true;
  if (!download) requireOwnFetch(request, config.publicOrigin);
  if (asksForWebSocket(request)) {
    throw new BrokerError('bad_request', 'WebSockets are not supported');
  }
  if (request.isGarbled) throw garbled();
  const target = targetOf(routes, request);
  if (target.route.stream !== (streams !== undefined)) {
    throw new BrokerError('no_route', 'the other front serves this route');
  }
  const cookies = cookiesOf(request);
  const secret = sessionCookie(cookies);
  if (secret === undefined) throw new BrokerError('not_signed_in', 'the session cookie is missing');
  const { status, headers, body, stream, over } = await proxiedCall(context, {
    target,
    headers: request.headers,
    shown: shownBy(request, cookies, secret),
    stream: streams && {
      limits: {
        ...streams,
        longestMs: Math.min(streams.longestMs, request.streaming?.mostMs ?? streams.longestMs),
      },
      left: request.streaming?.left,
    },
  });
  return {
    status,
    headers: download ? asAttachment(headers) : headers,
    cookies: noMoreTries(cookies),
    ...(stream && over ? { stream: { body: stream, over } } : { body }),
  };
};

/** A changed body must not be sent on. A binary content type makes the gateway deliver base64. */
const garbled = () =>
  new BrokerError('bad_request', 'the gateway took the body for UTF-8 text, but it is not', {
    extra: { detail: 'The body is not UTF-8: send it as application/octet-stream.' },
  });

/** A gateway may keep `Upgrade` for itself and pass on the rest of the handshake. */
const asksForWebSocket = ({ headers }: Pick<HttpRequest, 'headers'>): boolean =>
  headers['sec-websocket-key'] !== undefined || /\bwebsocket\b/i.test(headers.upgrade ?? '');

/** No answer of an API is shown as a page of our origin. */
function asAttachment(headers: Record<string, string>): Record<string, string> {
  const [, parameters = ''] = disposition.exec(headers['content-disposition']?.trim() ?? '') ?? [];
  return { ...headers, 'content-disposition': `attachment${parameters}` };
}

/** An invalid type makes a browser ignore the whole line (RFC 6266 section 4.1). */
const disposition = /^[\w!#$%&'*+.^`|~-]*[ \t]*(;.*)?$/s;
