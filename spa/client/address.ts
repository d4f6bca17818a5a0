// Addresses: API URLs as paths of the broker, the sign-in address, and the next page (RFC 8288).
import type { LoginOptions } from './types.ts';

/** Returns the broker's address for `input`, or undefined: no call ever goes to another origin. */
export function resolve(
  input: string | URL,
  page: string,
  base: string,
  upstreams?: Record<string, string>,
): string | undefined {
  const { href } = new URL(input, page);
  for (const [upstream, path] of Object.entries({
    ...upstreams,
    [new URL(base, page).href]: base,
  })) {
    const from = bare(upstream);
    const rest = href.slice(from.length);
    if (href.startsWith(from) && !/^[^/?#]/.test(rest))
      return new URL(bare(path) + rest, page).href;
  }
  return undefined;
}

const bare = (address: string) => address.replace(/\/$/, '');

/** A page that is rendered on a server has no address, and knows only paths. */
const nowhere = 'http://[::]';

/** Looked up when it is used, because a page changes its address. */
export const pageIn = (browser: typeof globalThis): string => browser.location?.href ?? nowhere;

/** `start` (…/login, or a problem's login_url) with the return path and the caller's options. */
export function loginUrl(start: string, page: string, options: LoginOptions = {}): string {
  const url = new URL(start, page);
  const back = new URL(options.returnTo ?? page, page);
  if (back.origin !== new URL(page).origin) throw new TypeError('returnTo is elsewhere');
  // Only then: this rewrites `?a` to `?a=`.
  if (back.searchParams.get('login_error')) back.searchParams.delete('login_error');
  url.searchParams.set('return_to', back.href.slice(back.origin.length));
  for (const name of ['prompt', 'loginHint', 'acrValues', 'maxAge', 'uiLocales', 'idp'] as const) {
    const value = options[name];
    if (value !== undefined)
      url.searchParams.set(name.replace(/[A-Z]/, '_$&').toLowerCase(), [value].flat().join(' '));
  }
  return url.href.replace(nowhere, '');
}

/**
 * The target of `rel="next"`. Targets may contain commas, and several lines arrive joined by commas; the broker lets
 * "<" through nowhere but at the start of a link.
 */
export const nextLink = (link: string | null): string | undefined =>
  /<([^<>]*)>[^<]*;\s*rel\s*=\s*("([^"<]*\s)?)?next(["\s;,]|$)/i.exec(`${link}`)?.[1];
