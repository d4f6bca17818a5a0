// Upstream URLs as paths of ours, for Link and Location. What leads elsewhere is dropped, and so is what
// cannot be said through us without changing it. Cursors are opaque: not a byte of a query moves.
import { checkPath, encodePath, isQuery } from './paths.ts';
import type { Route, Routes } from './routes.ts';

/** Our path for a URL reference that came from upstream, if there is one. */
export type Mapping = (reference: string) => string | undefined;

/** References are relative to `url`. Of several routes to one place the one that was used comes first. */
export function mappingFor(routes: Routes, used: Route, url: URL): Mapping {
  return (reference) => {
    const target = resolve(reference, url);
    if (!target) return undefined;
    for (const route of candidates(routes, used, target.origin)) {
      const below = belowOf(route, target.path);
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
  // It has the query of the URL that was asked for (RFC 3986 section 5.2.2), which is the caller's own.
  if (reference.startsWith('#')) return undefined;
  const absolute = URL.parse(reference, url.href);
  if (!absolute || absolute.username || absolute.password) return undefined;
  // An encoded slash would come back to us as a slash.
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

const candidates = (routes: Routes, used: Route, origin: string): readonly Route[] => {
  const all = routes.to(origin);
  return used.origin === origin ? [used, ...all.filter((route) => route !== used)] : all;
};

function belowOf({ base, exact }: Route, path: string): string | undefined {
  if (exact) return path === (base || '/') ? '' : undefined;
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}
