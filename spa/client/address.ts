// Addresses: API URLs as paths of the broker, the sign-in address, and the next page (RFC 8288).
import type { LoginOptions } from './types.ts';

/** Returns the broker's address for `input`, or undefined: no call ever goes to another origin. */
export function resolve(
  input: string | URL,
  page: string | undefined,
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
    if (href.startsWith(from) && /^([/?#]|$)/.test(rest))
      return new URL(bare(path) + rest, page).href;
  }
  return undefined;
}

const bare = (address: string) => address.replace(/\/$/, '');

/** Used when a page is rendered on a server, which only knows paths. */
export const nowhere = 'http://[::]';

/** `start` (…/login, or a problem's login_url) with the return path and the caller's options. */
export function loginUrl(
  start: string,
  page: string | undefined,
  options: LoginOptions = {},
): string {
  const url = new URL(start, page ?? nowhere);
  const back = new URL(options.returnTo ?? page ?? '/', page ?? url);
  if (back.origin !== url.origin) throw new TypeError('returnTo is elsewhere');
  // Only then: this rewrites `?a` to `?a=`.
  if (back.searchParams.get('login_error')) back.searchParams.delete('login_error');
  url.searchParams.set('return_to', back.pathname + back.search + back.hash);
  for (const name of ['prompt', 'loginHint', 'acrValues', 'maxAge', 'uiLocales', 'idp'] as const) {
    const value = options[name];
    if (value !== undefined)
      url.searchParams.set(name.replace(/[A-Z]/, '_$&').toLowerCase(), [value].flat().join(' '));
  }
  return url.href.replace(nowhere, '');
}

/** The target of `rel="next"`. Targets may contain commas, and several lines arrive joined by commas. */
export function nextLink(link: string | null): string | undefined {
  // Each match begins where the previous one ended, so that a bracket that never closes is searched for only once.
  const values = `${link}`.matchAll(/[^<]*<([^>]*)>((?:"[^"]*"|[^,"])*)/gy);
  for (const [, target, parameters = ''] of values) {
    if (/;\s*rel\s*=\s*("([^"]*\s)?)?next(["\s;]|$)/i.test(parameters)) return target;
  }
  return undefined;
}
