// Turns an upstream answer into the browser's: allow-listed headers, links as our own paths, and the bytes as they
// came.
import { BrokerError } from '#core/errors.ts';
import type { UpstreamAnswer } from '#core/proxy/forward.ts';
import type { RouteTable } from '#core/proxy/url/route-table.ts';
import type { Target } from '#core/proxy/url/target.ts';
import { mappedJson } from './json-links.ts';
import { type Mapping, mappingBeside, mappingFor } from './links.ts';
import { responseHeaders } from './response-headers.ts';

export interface ProxyAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** Replaces `body` on the streaming front. */
  stream?: AsyncIterable<Buffer>;
  /** Aborted when the stream must end. */
  over?: AbortSignal;
}

export function clientAnswer(
  routes: RouteTable,
  { route, url }: Target,
  { status, headers: lines, body, stream }: UpstreamAnswer,
  { now, maxBytes }: { now: number; maxBytes: number },
): ProxyAnswer {
  const map = mappingFor(routes, route, url);
  // A browser does not follow the location of a 201 or 202 by itself.
  const place = status === 201 || status === 202 ? mappingBeside(routes, route, url) : map;
  const headers = responseHeaders(
    route.responseHeader,
    { link: map, location: place },
    { status, lines, now },
  );
  if (repeatsRequest(status) && !headers.location && lines.some(([name]) => name === 'location')) {
    throw new BrokerError('upstream_unreachable', 'a redirect leads outside the route');
  }
  const rewritten =
    route.rewriteLinks && status !== 206 && isJson.test(headers['content-type'] ?? '')
      ? withOurLinks(body, url.origin, map)
      : body;
  if (rewritten.length > maxBytes) {
    throw new BrokerError('response_too_large', 'the body is too large with our links in it');
  }
  return { status, headers, body: rewritten, ...(stream && { stream }) };
}

/** Without its location, such an answer is useless. */
const repeatsRequest = (status: number): boolean => status === 307 || status === 308;

const isJson = /^\s*application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/** A body that is not UTF-8 is not JSON (RFC 8259 section 8.1), so it stays as it is. */
function withOurLinks(body: Buffer, origin: string, map: Mapping): Buffer {
  const text = body.toString('utf8');
  const ours = mappedJson(text, origin, map);
  return ours === text || !Buffer.from(text).equals(body) ? body : Buffer.from(ours);
}
