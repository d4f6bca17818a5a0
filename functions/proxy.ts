// /bff/api/*: the user's calls to Okta and to other APIs, each with a fresh proof (design: section 1.3).
import type { Broker } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import type { Http } from '#core/http.ts';
import { proxied, proxyParts } from '#core/proxy/call.ts';
import { targetOf } from '#core/proxy/target.ts';
import { cookiesOf, noMoreTries, sessionCookie } from '#http/cookies.ts';
import { lambda } from '#http/lambda.ts';
import type { Handle } from '#http/message.ts';
import { isOwnDownload, requireOwnFetch } from '#http/origin.ts';
import { broker, http } from '#shared/runtime.ts';

const mostResponseBytes = 4_400_000;
// The HTTP API gives up after 30 s and Lambda ends us before: an answer needs a moment to get out.
const longestMs = 28_000;
const lastMomentsMs = 1_000;

export const proxy = (broker: Broker, http: Http): Handle => {
  const parts = proxyParts(broker, http.send, mostResponseBytes);
  return async (request) => {
    const arrived = broker.clock.now();
    const download =
      isOwnDownload(request) && parts.routes.find(request.path)?.route.navigable === true;
    if (!download) requireOwnFetch(request, broker.config.publicOrigin);
    const target = targetOf(parts.routes, request);
    const cookies = cookiesOf(request);
    const secret = sessionCookie(cookies);
    if (secret === undefined) throw new BrokerError('not_signed_in', 'there is no session cookie');
    const { status, headers, body } = await proxied(parts, {
      target,
      headers: request.headers,
      secret,
      deadline: arrived + Math.min(request.remainingMs() - lastMomentsMs, longestMs),
    });
    return {
      status,
      headers: download ? asAttachment(headers) : headers,
      cookies: noMoreTries(cookies),
      body,
    };
  };
};

export const handler = lambda(() => proxy(broker(), http()));

/** Nothing that an API answers is shown as a page of our origin. */
function asAttachment(headers: Record<string, string>): Record<string, string> {
  const disposition = headers['content-disposition']?.replace(/^\s*[^\s;]*/, 'attachment');
  return { ...headers, 'content-disposition': disposition ?? 'attachment' };
}
