// Turns upstream URLs into our own paths, for Link, Location and JSON bodies. A URL is dropped when it leads elsewhere,
// or when no path of ours means exactly the same. Cursors are opaque: no byte of a query changes.
import { checkPath, encodePath, isQuery } from '#core/proxy/url/paths.ts';
import type { ProxyRoute, RouteTable } from '#core/proxy/url/route-table.ts';

/** Returns our path for a URL reference from upstream, or undefined when there is none. */
export type Mapping = (reference: string) => string | undefined;

/**
 * Returns a path only within the route that was used. Browsers follow redirects, and clients follow links, with the
 * user's session: an upstream must not choose another upstream for them.
 */
export const mappingFor = (routes: RouteTable, used: ProxyRoute, url: URL): Mapping =>
  mappingInto(routes, [used], url);

/** For a location that is only named: any route to the same origin, preferably the one that was used. */
export const mappingBeside = (routes: RouteTable, used: ProxyRoute, url: URL): Mapping =>
  mappingInto(routes, [used, ...routes.to(used.origin)], url);

/** References are relative to `url`. */
function mappingInto(routes: RouteTable, allowed: readonly ProxyRoute[], url: URL): Mapping {
  return (reference) => {
    const target = resolve(reference, url);
    if (!target) return undefined;
    for (const route of allowed) {
      const below = target.origin === route.origin ? belowOf(route, target.path) : undefined;
      if (below === undefined || route.denies(below)) continue;
      const ours = route.prefix + below;
      if (routes.find(ours)?.route === route) return encodePath(ours) + target.rest;
    }
    return undefined;
  };
}

interface Target {
  origin: string;
  /** Decoded. */
  path: string;
  /** Query and fragment as they came. */
  rest: string;
}

function resolve(reference: string, url: URL): Target | undefined {
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(reference)) return undefined;
  // A fragment alone keeps the query of the requested URL (RFC 3986 section 5.2.2), which is the caller's own.
  if (reference.startsWith('#')) return undefined;
  const absolute = URL.parse(reference, url.href);
  if (!absolute || absolute.username || absolute.password) return undefined;
  // An encoded slash would come back to us as a plain slash.
  if (/%2f/i.test(absolute.pathname)) return undefined;
  const rest = /[?#].*$/s.exec(reference)?.[0] ?? '';
  if (!isQuery(rest.replace(/#.*$/s, ''))) return undefined;
  try {
    const path = decodeURIComponent(absolute.pathname);
    checkPath(path);
    return { origin: absolute.origin, path, rest };
  } catch {
    return undefined;
  }
}

function belowOf({ base, exact }: ProxyRoute, path: string): string | undefined {
  if (exact) return path === (base || '/') ? '' : undefined;
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}
