// Mock Service Worker 2, for tests and for a browser without a broker. It is not imported.
import type { FakeBroker } from './index.ts';

/** `setupServer(...mswHandlers(broker, http))`, with `http` of msw. */
export const mswHandlers = <Handler>(
  broker: Pick<FakeBroker, 'handle'>,
  http: {
    all(path: string, resolver: (info: { request: Request }) => Promise<Response>): Handler;
  },
  base = '/bff',
): Handler[] => [http.all(`*${base}/*`, ({ request }) => broker.handle(request))];
