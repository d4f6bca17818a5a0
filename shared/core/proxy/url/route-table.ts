// Decides which request goes where: configured routes, longest prefix first, deny by default.

import { type Plain, plain } from '#core/lib/plain.ts';
import { allowedRequestHeaders, type NameFilter } from '#core/proxy/answer/request-headers.ts';
import { allowedResponseHeaders } from '#core/proxy/answer/response-headers.ts';
import type { Audience } from '#core/renewal/refresh.ts';
import type { CoreSettings, RouteSettings } from '#core/settings.ts';
import { deniesOf } from './denials.ts';
import { lenientReading } from './paths.ts';

export interface ProxyRoute {
  /** As configured. It names the route in events. */
  pattern: Plain;
  /** Without the star. The rest of the path is `below`. */
  prefix: string;
  lenientPrefix: string;
  /** Matches only the prefix itself. */
  exact: boolean;
  origin: string;
  /** The path of the upstream, without a slash at its end. */
  base: string;
  methods: readonly string[];
  denies(below: string): boolean;
  timeoutMs: number;
  /** Undefined when the upstream gets no token. */
  audience: Audience | undefined;
  requestHeader: NameFilter;
  responseHeader: NameFilter;
  navigable: boolean;
  rewriteLinks: boolean;
  stream: boolean;
}

export interface RouteTable {
  /** Finds the route of a decoded path, and the path below it. */
  find(path: string): { route: ProxyRoute; below: string } | undefined;
  /** Tells whether a lenient server would read the path as another route's. */
  isAmbiguous(path: string, route: ProxyRoute): boolean;
  /** The routes to an origin, longest upstream path first. */
  to(origin: string): readonly ProxyRoute[];
}

export function routesOf({ routes }: Pick<CoreSettings, 'routes'>): RouteTable {
  const longestFirst = routes
    .map(routeOf)
    .sort((a, b) => b.prefix.length - a.prefix.length || Number(b.exact) - Number(a.exact));
  const byOrigin = Map.groupBy(longestFirst, (route) => route.origin);
  for (const some of byOrigin.values()) some.sort((a, b) => b.base.length - a.base.length);
  const find = (path: string, prefixOf: (route: ProxyRoute) => string) => {
    for (const route of longestFirst) {
      const below = belowOf(route, prefixOf(route), path);
      if (below !== undefined) return { route, below };
    }
    return undefined;
  };
  return {
    find: (path) => find(path, literally),
    isAmbiguous(path, route) {
      const careless = lenientReading(path);
      const again = find(careless, ({ lenientPrefix: carelessPrefix }) => carelessPrefix)?.route;
      return again?.lenientPrefix !== route.lenientPrefix || again.exact !== route.exact;
    },
    to: (origin) => byOrigin.get(origin) ?? [],
  };
}

const literally = ({ prefix }: ProxyRoute) => prefix;

/** `/*` matches what is below the prefix, but not the prefix itself. */
function belowOf({ exact }: ProxyRoute, prefix: string, path: string): string | undefined {
  if (exact) return path === prefix ? '' : undefined;
  return path.startsWith(prefix) && path[prefix.length] === '/'
    ? path.slice(prefix.length)
    : undefined;
}

function routeOf(config: RouteSettings): ProxyRoute {
  const upstream = new URL(config.upstream);
  const base = upstream.pathname.replace(/\/+$/, '');
  const prefix = config.path.replace(/\/\*$/, '');
  return {
    pattern: plain(config.path),
    prefix,
    lenientPrefix: lenientReading(prefix),
    exact: !config.path.endsWith('/*'),
    origin: upstream.origin,
    base,
    methods: config.methods,
    denies: deniesOf(config, base),
    timeoutMs: config.timeoutMs,
    audience: config.token === 'none' ? undefined : audienceOf(config),
    requestHeader: allowedRequestHeaders(config.requestHeaders),
    responseHeader: allowedResponseHeaders(config.responseHeaders),
    navigable: config.navigable,
    rewriteLinks: config.rewriteLinks,
    stream: config.stream,
  };
}

function audienceOf({ resource, scopes }: RouteSettings): Audience {
  return {
    name: [resource ?? [], scopes ?? []].flat().join(' '),
    ...(resource !== undefined && { resource }),
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
  };
}
