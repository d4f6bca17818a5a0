// Which paths CloudFront sends to the streaming API. CloudFront uses the first matching pattern, but the broker the
// longest prefix. So the patterns are sorted from long to short, and include buffered routes inside a streamed one.

/** The part of a route's configuration that matters here. */
interface Route {
  readonly path: string;
  readonly stream: boolean;
}

/** A path pattern, and whether the streaming API answers it. */
export interface Behavior {
  readonly pattern: string;
  readonly streams: boolean;
}

export function streamingBehaviors(routes: readonly Route[]): Behavior[] {
  const streamed = routes.filter(({ stream }) => stream);
  const liesWithin = ({ path }: Route) =>
    streamed.some((outer) => path.startsWith(prefix(outer.path)));
  return routes
    .filter((route) => route.stream || liesWithin(route))
    .map(({ path, stream }) => ({ pattern: path, streams: stream }))
    .toSorted((one, other) => other.pattern.length - one.pattern.length);
}

const prefix = (path: string) => path.replace(/\*$/, '');
