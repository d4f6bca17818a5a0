// Checks who asks: Fetch Metadata, Origin and the custom header that forces a preflight.
import { BrokerError } from '#core/errors.ts';
import type { HttpRequest } from './message.ts';

type Asked = Pick<HttpRequest, 'headers'>;

/** For every method of every fetch endpoint. It runs before the table, a key or an upstream is used. */
export function requireOwnFetch(request: Asked, publicOrigin: string): void {
  if (request.headers['x-bff-csrf'] !== '1') throw refused('the X-BFF-CSRF header is missing');
  requireSameOrigin(request, publicOrigin, 'may be unknown');
}

/** For a form on our own pages: it cannot send the header, so it must show where it comes from. */
export function requireOwnForm(request: Asked, publicOrigin: string): void {
  requireSameOrigin(request, publicOrigin, 'must be known');
}

/** For what the browser itself asks for. It cannot send the header, and a signature protects what it asks. */
export function requireOwnBrowser(request: Asked, publicOrigin: string): void {
  requireSameOrigin(request, publicOrigin, 'may be unknown');
}

/** Tells whether a script asks, by its header or by Fetch Metadata: then the header is required. */
export function isFetch({ headers }: Asked): boolean {
  const mode = headers['sec-fetch-mode'];
  return headers['x-bff-csrf'] !== undefined || (mode !== undefined && mode !== 'navigate');
}

/** `<a href download>` on our own page: the browser vouches for it, because it cannot send the header. */
export function isOwnDownload({ method, headers }: Asked & Pick<HttpRequest, 'method'>): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-site'] === 'same-origin' &&
    ['document', 'empty'].includes(headers['sec-fetch-dest'] ?? '')
  );
}

function requireSameOrigin(
  { headers }: Asked,
  publicOrigin: string,
  source: 'may be unknown' | 'must be known',
): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site !== 'same-origin') throw refused('Sec-Fetch-Site is not same-origin');
    return;
  }
  if (headers.origin !== undefined) {
    if (headers.origin !== publicOrigin) throw refused('Origin names another site');
    return;
  }
  if (source === 'must be known') throw refused('Sec-Fetch-Site and Origin are both missing');
}

const refused = (message: string) => new BrokerError('csrf', message);

export type Navigation =
  | 'own'
  /** Another site sent the browser here. */
  | 'foreign'
  /** A fetch, a prefetch or a frame: nobody is looking at the page. */
  | 'none';

/** Tells what kind of navigation a request is. A request without Fetch Metadata counts as one. */
export function navigationOf({ headers }: Asked): Navigation {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, 'sec-fetch-site': site } = headers;
  const purpose = headers['sec-purpose'] ?? headers.purpose ?? headers['x-moz'];
  if (purpose !== undefined && /prefetch|prerender|preview/i.test(purpose)) return 'none';
  if (mode !== undefined && mode !== 'navigate') return 'none';
  if (dest !== undefined && dest !== 'document') return 'none';
  return site === undefined || site === 'same-origin' || site === 'none' ? 'own' : 'foreign';
}
