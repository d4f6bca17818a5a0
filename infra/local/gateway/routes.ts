// HTTP API routing: the best match wins. Literal segments come before variables, variables before a greedy variable, a
// named method before ANY, and $default takes the rest.

export interface GatewayRoute {
  /** In API Gateway's form: `ANY /bff/api/{proxy+}` or `$default`. */
  key: string;
  target: string;
}

export interface RouteMatch {
  route: GatewayRoute;
  pathParameters: Record<string, string>;
}

/** `path` is already decoded. */
export function createRouter(
  routes: GatewayRoute[],
): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes.filter((route) => route.key !== '$default').map(compile);
  compiled.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  const fallback = routes.find((route) => route.key === '$default');

  return (method, path) => {
    const segments = path.slice(1).split('/');
    for (const candidate of compiled) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const pathParameters = match(candidate.pattern, segments);
      if (pathParameters) return { route: candidate.route, pathParameters };
    }
    return fallback && { route: fallback, pathParameters: {} };
  };
}

interface Compiled {
  route: GatewayRoute;
  method: string;
  pattern: string[];
  /** Sorts the better match first. */
  rank: string;
}

function compile(route: GatewayRoute): Compiled {
  const [method = '', path = ''] = route.key.split(' ');
  const pattern = path.slice(1).split('/');
  const kinds = pattern.map((segment) =>
    isGreedy(segment) ? '2' : isVariable(segment) ? '1' : '0',
  );
  // The end of a pattern counts as a literal: /a comes before /a/{proxy+}.
  return { route, method, pattern, rank: `${kinds.join('')}0 ${method === 'ANY' ? 1 : 0}` };
}

const isVariable = (segment: string) => /^\{[^}]+\}$/.test(segment);
const isGreedy = (segment: string) => /^\{[^}]+\+\}$/.test(segment);
const nameOf = (segment: string) => segment.slice(1).replace(/\+?\}$/, '');

function match(pattern: string[], segments: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    if (isGreedy(part)) {
      const rest = segments.slice(index).join('/');
      if (rest === '') return undefined;
      parameters[nameOf(part)] = rest;
      return parameters;
    }
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (isVariable(part)) {
      if (segment === '') return undefined;
      parameters[nameOf(part)] = segment;
    } else if (part !== segment) {
      return undefined;
    }
  }
  return segments.length === pattern.length ? parameters : undefined;
}
