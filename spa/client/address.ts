// Addresses: API URLs as paths of the broker, where to sign in, and the next page (RFC 8288).
import type { LoginOptions } from './types.ts';

/** The broker's address for `input`, or nothing: no call ever leaves for another origin. */
export function resolve(
  input: string | URL,
  page: string | undefined,
  base: string,
  upstreams: Record<string, string> = {},
): string | undefined {
  const { href } = new URL(input, page);
  const own = new URL(base, page).href;
  for (const [upstream, path] of Object.entries({ ...upstreams, [own]: base })) {
    const from = upstream.replace(/\/$/, '');
    const rest = href.slice(from.length);
    if (href.startsWith(from) && /^([/?#]|$)/.test(rest)) {
      return new URL(path.replace(/\/$/, '') + rest, page).href;
    }
  }
  return undefined;
}

/** Where a page is rendered on a server, which knows paths only. */
export const nowhere = 'http://nowhere';

/** `start` (…/login, or a problem's login_url) with the way back and the caller's wishes. */
export function loginUrl(
  start: string,
  page: string | undefined,
  options: LoginOptions = {},
): string {
  const url = new URL(start, page ?? nowhere);
  const back = new URL(options.returnTo ?? page ?? '/', page ?? url);
  if (back.origin !== url.origin)
    throw new TypeError('returnTo must be a path of this application');
  back.searchParams.delete('login_error');
  const acr = options.acrValues;
  const query = {
    return_to: back.pathname + back.search + back.hash,
    prompt: options.prompt,
    login_hint: options.loginHint,
    acr_values: typeof acr === 'object' ? acr.join(' ') : acr,
    max_age: options.maxAge,
    ui_locales: options.uiLocales,
    idp: options.idp,
  };
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, `${value}`);
  }
  return page ? url.href : url.href.replace(nowhere, '');
}

/** The target of `rel="next"`. Targets may hold commas, several lines come joined by commas. */
export function nextLink(link: string | null): string | undefined {
  // It goes on where it stopped, so that a bracket that never closes is looked for once.
  const one = /[^<]*<([^>]*)>((?:"[^"]*"|[^,"])*)/y;
  for (let found = one.exec(link ?? ''); found; found = one.exec(link ?? '')) {
    const [, target, parameters = ''] = found;
    const [, rel = ''] = /;\s*rel\s*=\s*("[^"]*"|[^\s;"]*)/i.exec(parameters) ?? [];
    if (rel.replaceAll('"', '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
}
