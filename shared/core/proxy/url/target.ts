// Builds one canonical URL per request: matching, sending and `htu` all use it.
import { BrokerError } from '#core/errors.ts';
import { type Plain, plain } from '#core/lib/plain.ts';
import { mostBytes } from '#core/limits.ts';
import { checkPath, checkQuery, encodePath } from './paths.ts';
import type { ProxyRoute, RouteTable } from './route-table.ts';

export interface AskedFor {
  method: string;
  /** Percent-decoded. */
  path: string;
  rawQuery: string;
  body: Uint8Array | undefined;
}

export interface Target {
  route: ProxyRoute;
  /** Upper case, and one of the route's. */
  method: Plain;
  /** Without the query, as `htu` requires. */
  url: URL;
  /** The path of `url`, and the query as it came. */
  pathAndQuery: string;
  body: Uint8Array | undefined;
}

/** Throws bad_path, no_route, method_not_allowed, bad_request or body_too_large. */
export function targetOf(routes: RouteTable, asked: AskedFor): Target {
  checkPath(asked.path);
  checkQuery(asked.rawQuery);
  const found = routes.find(asked.path);
  if (!found) throw new BrokerError('no_route', 'no route has this path');
  const { route, below } = found;
  // `/users;x` and `/USERS` must not bypass what is configured for `/users`.
  if (routes.isAmbiguous(asked.path, route)) {
    throw new BrokerError('bad_path', 'path: a lenient server would read it as another route');
  }
  if (route.denies(below)) throw new BrokerError('no_route', 'the route denies this path');
  const method = plain(asked.method.toUpperCase());
  if (!route.methods.includes(method)) {
    throw new BrokerError('method_not_allowed', 'the route does not allow this method', {
      headers: { allow: route.methods.join(', ') },
    });
  }
  const body = asked.body && asked.body.byteLength > 0 ? asked.body : undefined;
  if (body && (method === 'GET' || method === 'HEAD')) {
    throw new BrokerError('bad_request', 'GET and HEAD have no body');
  }
  if (body && body.byteLength > mostBytes.body) {
    throw new BrokerError('body_too_large', `the body has more than ${mostBytes.body} bytes`);
  }
  const url = urlOf(route, below);
  const query = asked.rawQuery === '' ? '' : `?${asked.rawQuery}`;
  return { route, method, url, pathAndQuery: url.pathname + query, body };
}

function urlOf({ origin, base }: ProxyRoute, below: string): URL {
  // An exact route to a bare host requests "/".
  const path = base + encodePath(below) || '/';
  const url = new URL(origin + path);
  if (url.pathname !== path) throw new BrokerError('bad_path', 'path: URL parsing changes it');
  return url;
}
