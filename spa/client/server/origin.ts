// The broker lets only pages of its own origin use a session. It cannot see the browser's request when a server asks on
// its behalf, so the server judges it, by the same headers: Fetch Metadata, and Origin where a browser sends none.
import { headerOf, type Incoming } from './incoming.ts';

/** Returns undefined for a request of this app's own pages, or of a person who opens one. `method` is the call's. */
export function whyForeign(incoming: Incoming, ours: string, method: string): string | undefined {
  const site = headerOf(incoming, 'sec-fetch-site');
  const origin = headerOf(incoming, 'origin');
  if (site === 'same-origin') return undefined;
  // Every browser sends Origin with a POST, whatever its form says. Only a GET has none.
  if (origin !== undefined && origin !== ours)
    return 'The request came from another site (Origin).';
  if (site === undefined || site === 'none') return undefined;
  if (!opensPage(incoming)) return 'The request came from another site (Sec-Fetch-Site).';
  // A link from elsewhere may show a page, and nothing more.
  return /^(GET|HEAD)$/i.test(method) ? undefined : 'A page that another site opens can only read.';
}

/** A person follows a link, types an address, or comes back from the sign-in. */
export const opensPage = (incoming: Incoming): boolean =>
  headerOf(incoming, 'sec-fetch-mode') === 'navigate' &&
  headerOf(incoming, 'sec-fetch-dest') === 'document' &&
  /^(GET|HEAD)$/.test(incoming.method ?? 'GET') &&
  headerOf(incoming, 'origin') === undefined;

/**
 * Whether another site led the browser here. Firefox calls that `none`, as if the address had been typed, when a click on
 * a page without a referrer did it, and many sign-in pages have none. There, typed addresses count as well.
 */
export function ledHere(incoming: Incoming): boolean {
  const site = headerOf(incoming, 'sec-fetch-site');
  const firefox = / Firefox\//.test(headerOf(incoming, 'user-agent') ?? '');
  return site === 'cross-site' || (firefox && site === 'none');
}
