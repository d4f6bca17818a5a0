// Which requests go where: configured routes, longest prefix first, deny by default (design: section 1.3).
import type { Broker } from '../broker.ts';
import type { Audience } from '../refresh.ts';
import { carelessly } from './paths.ts';
import { matches } from './patterns.ts';
import { allowedRequestHeaders, type NameFilter } from './request-headers.ts';
import { allowedResponseHeaders } from './response-headers.ts';

type RouteConfig = Broker['config']['routes'][number];

export interface Route {
  /** As configured: it names the route in events. */
  pattern: string;
  /** Without the star; what follows it is `below`. */
  prefix: string;
  carelessPrefix: string;
  /** Only the prefix itself. */
  exact: boolean;
  origin: string;
  /** Path of the upstream without a slash at its end. */
  base: string;
  methods: readonly string[];
  denies(below: string): boolean;
  timeoutMs: number;
  /** Nothing when the upstream gets no token. */
  audience: Audience | undefined;
  requestHeader: NameFilter;
  responseHeader: NameFilter;
  navigable: boolean;
  rewriteLinks: boolean;
  stream: boolean;
}

export interface Routes {
  /** The route of a decoded path, and what is below it. */
  find(path: string): { route: Route; below: string } | undefined;
  /** Whether a server that reads carelessly would take the path for another route's. */
  isAmbiguous(path: string, route: Route): boolean;
  /** Routes to an origin, longest upstream path first. */
  to(origin: string): readonly Route[];
}

export function routesOf({ routes, issuer }: Pick<Broker['config'], 'routes' | 'issuer'>): Routes {
  const longestFirst = routes
    .map((config) => routeOf(config, new URL(issuer)))
    .sort((a, b) => b.prefix.length - a.prefix.length || Number(b.exact) - Number(a.exact));
  const byOrigin = Map.groupBy(longestFirst, (route) => route.origin);
  for (const some of byOrigin.values()) some.sort((a, b) => b.base.length - a.base.length);
  const find = (path: string, prefixOf: (route: Route) => string) => {
    for (const route of longestFirst) {
      const below = belowOf(route, prefixOf(route), path);
      if (below !== undefined) return { route, below };
    }
    return undefined;
  };
  return {
    find: (path) => find(path, literally),
    isAmbiguous(path, route) {
      const careless = carelessly(path);
      const again = find(careless, ({ carelessPrefix }) => carelessPrefix)?.route;
      return again?.carelessPrefix !== route.carelessPrefix || again.exact !== route.exact;
    },
    to: (origin) => byOrigin.get(origin) ?? [],
  };
}

const literally = ({ prefix }: Route) => prefix;

/** `/*` is what is below the prefix, not the prefix. */
function belowOf({ exact }: Route, prefix: string, path: string): string | undefined {
  if (exact) return path === prefix ? '' : undefined;
  return path.startsWith(prefix) && path[prefix.length] === '/'
    ? path.slice(prefix.length)
    : undefined;
}

function routeOf(config: RouteConfig, issuer: URL): Route {
  const upstream = new URL(config.upstream);
  const base = upstream.pathname.replace(/\/+$/, '');
  const prefix = config.path.replace(/\/\*$/, '');
  return {
    pattern: config.path,
    prefix,
    carelessPrefix: carelessly(prefix),
    exact: !config.path.endsWith('/*'),
    origin: upstream.origin,
    base,
    methods: config.methods,
    denies: deniesOf(config, base, upstream.origin === issuer.origin),
    timeoutMs: config.timeoutMs,
    audience: config.token === 'none' ? undefined : audienceOf(config),
    requestHeader: allowedRequestHeaders(config.requestHeaders),
    responseHeader: allowedResponseHeaders(config.responseHeaders),
    navigable: config.navigable,
    rewriteLinks: config.rewriteLinks,
    stream: config.stream,
  };
}

/** Patterns of the operator are about what is below the route; ours about Okta's own paths (OKT-38). */
function deniesOf(
  { deny }: RouteConfig,
  base: string,
  atIssuer: boolean,
): (below: string) => boolean {
  if (deny) {
    const patterns = deny.map(carelessly);
    return (below) => someMatch(patterns, below);
  }
  if (!atIssuer) return () => false;
  return (below) => {
    const path = base + below;
    return someMatch(secretBearing, path) && !userinfo.test(withoutSlash(carelessly(path)));
  };
}

const secretBearing = [
  '/oauth2',
  '/oauth2/*',
  '/api/v1/sessions*',
  '/api/v1/api-tokens*',
  '/api/v1/authn*',
  '*/credentials/secrets*',
  '*/clients/*/tokens*',
];
const userinfo = /^\/oauth2\/(?:[^/]+\/)?v1\/userinfo$/;

function someMatch(patterns: readonly string[], path: string): boolean {
  const careless = carelessly(path);
  const forms = [path.toLowerCase(), careless, withoutSlash(careless)];
  return patterns.some((pattern) => forms.some((form) => matches(pattern, form)));
}

const withoutSlash = (path: string) => (path.endsWith('/') ? path.slice(0, -1) : path);

function audienceOf({ resource, scopes }: RouteConfig): Audience {
  return {
    name: [resource ?? [], scopes ?? []].flat().join(' '),
    ...(resource !== undefined && { resource }),
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
  };
}
