// What of a request's header goes upstream: an allow-list (design: section 1.3). Cookies, credentials, hop-by-hop
// and forwarding headers are none of it, whatever a route adds.
import { BrokerError } from '../errors.ts';

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

/** Throws bad_request for a value that no header can hold. */
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
    // An HTTP API invents a content type for a request that has none and no body.
    if (name === 'content-type' && !hasBody) continue;
    // Of something that has changed meanwhile it would be another part.
    if (name === 'range' && given['if-range'] !== undefined && !allowed('if-range')) continue;
    if (!fieldValue.test(value)) throw new BrokerError('bad_request', 'a header is malformed');
    headers[name] = value;
  }
  // What comes compressed would have to be opened here; asking for it plain costs less.
  headers['accept-encoding'] = 'identity';
  return headers;
}

const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
