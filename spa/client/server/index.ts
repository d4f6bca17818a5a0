// For pages that are rendered on a server behind the same origin (Next, Nuxt, SvelteKit, Astro): who is signed in, and
// calls to APIs, with the browser's own cookie and through the broker's own checks. No token reaches this server either.
import { type Bff, createBff, type Options, type User } from '../index.ts';
import { ourCookies } from './cookies.ts';
import { headerOf, type Incoming } from './incoming.ts';
import { ledHere, opensPage, whyForeign } from './origin.ts';

export type { Incoming } from './incoming.ts';

/** What a rendering server decides. */
export interface ServerOptions extends Pick<Options, 'base' | 'upstreams' | 'timeoutMs'> {
  /**
   * Where browsers reach the broker: `https://app.acme.com`, or `http://localhost:3000` while you develop. It comes
   * from your configuration, never from the Host header, because the cookie is sent there.
   */
  origin: string;
  /** By default the global one, looked up at each call. */
  fetch?: typeof fetch;
}

/** The part of the client that makes sense for one request. */
export interface ServerBff<Claims extends object = User>
  extends Pick<
    Bff<Claims>,
    'session' | 'fetch' | 'json' | 'paginate' | 'loginUrl' | 'loginError' | 'resolve'
  > {
  /**
   * When another site led the browser here, as every sign-in does, it has withheld the session's cookie. Then this is
   * the answer to give: the page is loaded once more, now by itself, with the cookie. Otherwise undefined.
   */
  reload(): Response | undefined;
}

/** `const bffFor = createServerBff({ origin })` once, then `bffFor(request)` for each request of a browser. */
export function createServerBff<Claims extends object = User>({
  origin: given,
  fetch: send = (...call) => fetch(...call),
  ...options
}: ServerOptions): (incoming: Incoming) => ServerBff<Claims> {
  const origin = originOf(given);
  return (incoming) => {
    const cookie = ourCookies(headerOf(incoming, 'cookie'));
    const page = pageOf(incoming, origin);
    const bff = createBff<Claims>({
      ...options,
      window: serverWindow(page, forward),
      // A server never navigates by itself.
      onSignInNeeded: () => {},
    });
    const { session, fetch, json, paginate, loginUrl, loginError, resolve } = bff;
    const withheld = () => !cookie && ledHere(incoming) && opensPage(incoming);
    return {
      reload: () => (withheld() ? loadAgain(page) : undefined),
      session: async () => (cookie ? session() : { authenticated: false }),
      fetch,
      json,
      paginate,
      loginUrl,
      loginError,
      resolve,
    };

    async function forward(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
      // The client already resolves addresses by `origin`, but a cookie that went elsewhere could not be taken back.
      const url = new URL(`${input}`, origin);
      if (url.origin !== origin) throw new TypeError(`${url.origin} is not ${origin}`);
      const why = whyForeign(incoming, origin, init.method ?? 'GET');
      if (why) return refusal(why);
      const headers = new Headers(init.headers);
      headers.delete('cookie');
      if (cookie) headers.set('Cookie', cookie);
      headers.set('Origin', origin);
      // What one user gets is never kept for another, and no redirect carries the cookie along.
      return send(url, { ...init, headers, cache: 'no-store', redirect: 'manual' });
    }
  };
}

/** No redirect: to the browser that would be part of the other site's navigation, still without the cookie. */
const loadAgain = (page: string) =>
  new Response(null, { headers: { 'cache-control': 'no-store', refresh: `0; url=${page}` } });

/** As the broker itself would refuse. */
function refusal(title: string): Response {
  const body = JSON.stringify({ type: 'about:blank', status: 403, code: 'csrf', title });
  const headers = { 'content-type': 'application/problem+json', 'x-bff-answer': '1' };
  return new Response(body, { status: 403, headers });
}

function originOf(text: string): string {
  // Not URL.parse: an early Node 20 lacks it.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = /^(localhost|127\.0\.0\.1|\[::1\]|.+\.localhost)$/.test(url?.hostname ?? '');
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && local);
  if (safe && (text === url.origin || text === `${url.origin}/`)) return url.origin;
  throw new TypeError('origin must be an https origin, such as https://app.acme.com');
}

/**
 * The requested page: after the sign-in the browser comes back to it. Node has a path, a Request an address. A raw request
 * may name anything: our origin is followed by a slash, so that nothing can lengthen the name of the host.
 */
function pageOf({ url = '/' }: Incoming, origin: string): string {
  const address = /^https?:/i.test(url) && URL.canParse(url) ? new URL(url).href : url;
  const path = address.replace(/^https?:\/\/[^/?#]*/, '');
  const { pathname, search } = new URL(origin + (path.startsWith('/') ? path : '/'));
  return origin + pathname + search;
}

/** What the client needs of a browser. State stays with this one request: there is nobody to share it with. */
const serverWindow = (href: string, fetch: typeof globalThis.fetch) =>
  ({
    location: { href },
    navigator: { onLine: true },
    console: globalThis.console,
    fetch,
    BroadcastChannel: class {
      postMessage() {}
      close() {}
    },
  }) as unknown as typeof globalThis;
