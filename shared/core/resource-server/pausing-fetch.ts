// Keeps strangers from multiplying an outage: an address that failed a moment ago is not asked again. What comes without
// a verdict is refused anyway, and requests on top of a rate limit only make it last.
import type { Clock, Fetch } from '#core/ports.ts';

const pauseMs = 1_000;

/** For a few addresses, which no stranger chooses. */
export function pausingFetch({ fetch, clock }: { fetch: Fetch; clock: Clock }): Fetch {
  const failed = new Map<string, { until: number; again: () => Response }>();
  return async (request) => {
    const { url } = request;
    const before = failed.get(url);
    if (before && clock.now() < before.until) return before.again();
    failed.delete(url);
    const pause = (again: () => Response) =>
      failed.set(url, { until: clock.now() + pauseMs, again });
    try {
      const response = await fetch(request);
      const { status } = response;
      if (status !== 200) pause(() => new Response(null, { status }));
      return response;
    } catch (fault) {
      pause(() => {
        throw fault;
      });
      throw fault;
    }
  };
}
