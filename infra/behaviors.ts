// Which paths CloudFront sends to the streaming API. CloudFront takes the first pattern that fits, the broker the
// longest prefix: so the patterns go from long to short, with the buffered routes that lie within a streamed one.

/** Of a route of the configuration, what matters here. */
interface Route {
  readonly path: string;
  readonly stream: boolean;
}

/** A path pattern, and whether the streaming API answers it. */
export interface Behavior {
  readonly pattern: string;
  readonly streams: boolean;
}

/** CloudFront waits so long for the first byte of a stream and between two. */
export const silenceSeconds = 60;

export function streamingBehaviors(routes: readonly Route[]): Behavior[] {
  const streamed = routes.filter(({ stream }) => stream);
  const within = ({ path }: Route) => streamed.some((outer) => path.startsWith(prefix(outer.path)));
  return routes
    .filter((route) => route.stream || within(route))
    .map(({ path, stream }) => ({ pattern: path, streams: stream }))
    .toSorted((one, other) => other.pattern.length - one.pattern.length);
}

const prefix = (path: string) => path.replace(/\*$/, '');
