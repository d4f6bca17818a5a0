// The headers of a request that go upstream: an allow-list. Cookies, credentials, hop-by-hop and forwarding headers
// never do, whatever a route adds.
import { BrokerError } from '#core/errors.ts';

export type NameFilter = (name: string) => boolean;

const always = [
  'accept',
  'accept-language',
  'content-type',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'user-agent',
  'prefer',
  'range',
  'x-okta-user-agent-extended',
  'traceparent',
];

export function allowedRequestHeaders(more: readonly string[]): NameFilter {
  const names = new Set([...always, ...more]);
  return (name) => names.has(name);
}

export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** Throws bad_request for a value that no header may have. */
export function requestHeaders(
  allowed: NameFilter,
  given: RequestHeaders,
  hasBody: boolean,
): Record<string, string> {
  const hopByHop = given.connection?.toLowerCase().split(/[\s,]+/);
  const headers: Record<string, string> = {};
  for (const name in given) {
    const value = given[name];
    if (value === undefined || !allowed(name) || hopByHop?.includes(name)) continue;
    // An HTTP API invents a content type for a request that has neither a content type nor a body.
    if (name === 'content-type' && !hasBody) continue;
    // Without If-Range, a range of a changed resource would not fit what the client already has.
    if (name === 'range' && given['if-range'] !== undefined && !allowed('if-range')) continue;
    if (!fieldValue.test(value)) throw new BrokerError('bad_request', 'a header is malformed');
    headers[name] = value;
  }
  // A compressed answer would have to be decompressed here: asking for a plain one costs less.
  headers['accept-encoding'] = 'identity';
  return headers;
}

const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
