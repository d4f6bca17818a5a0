// A broker for unit tests, in memory: as strict as the real one about headers, sessions and routes, and nothing else.
// Nothing global changes unless `install()` is called.
import type { ErrorCode, SignedIn, User } from '../index.ts';
import { problem, withHeaders } from './answers.ts';
import { exchange, openWindow, type Seen } from './window.ts';

export { problem } from './answers.ts';
export { mswHandlers } from './msw.ts';

/** Gives a Response, or a value that becomes JSON; `undefined` becomes 204. */
export type ApiHandler = (request: Request) => unknown;

/** Where page and broker are. */
export interface FakeBrokerOptions {
  /** Where the page is. Default: `http://localhost:3000/`. */
  url?: string;
  /** Where the broker answers. Default: `/bff`. */
  base?: string;
}

/** A session; what is left out has a usual value. */
export interface FakeSession<Claims extends object = User> extends Partial<Omit<SignedIn, 'user'>> {
  /** The claims of the user. */
  user?: Claims;
}

/** A broker in memory. */
export interface FakeBroker extends Seen {
  /** For `createBff({ window })`: a separate page, so that several tests can run at once. */
  window: typeof globalThis;
  /** Calls so far, newest last. */
  requests: Request[];
  /** The user signs in, in whatever way. */
  signIn<Claims extends object = User>(session?: FakeSession<Claims>): void;
  /** Ends the session on the server; the page learns of it when it asks next. */
  endSession(): void;
  /** `on('GET /bff/api/v1/users', () => [{ id: '1' }])`. A path may end in `*`. The newest handler that fits counts. */
  on(route: string, handler: ApiHandler): void;
  /** Makes every answer this problem, until `fail(undefined)`. */
  fail(code: ErrorCode | undefined): void;
  /** Answers a request as the broker would. */
  handle(request: Request): Promise<Response>;
  /** Answers `fetch` of the global object below `base`; everything else stays as it is. Returns a function that undoes it. */
  install(): () => void;
}

const ada = { sub: '00u1', name: 'Ada Example', email: 'ada@example.com' };
const now = () => Math.floor(Date.now() / 1000);

/** Makes a broker in memory, where nobody is signed in yet. */
export function fakeBroker({
  url = 'http://localhost:3000/',
  base = '/bff',
}: FakeBrokerOptions = {}): FakeBroker {
  const requests: Request[] = [];
  const routes: { method: string; path: string; handler: ApiHandler }[] = [];
  let session: SignedIn | undefined;
  let had = false;
  let failing: ErrorCode | undefined;
  const endSession = () => {
    session = undefined;
  };
  const page = openWindow(url, (request) => broker.handle(request), endSession);

  const broker: FakeBroker = {
    ...page,
    requests,
    signIn(more) {
      had = true;
      session = {
        authenticated: true,
        expires_at: now() + 43_200,
        idle_expires_at: now() + 1_800,
        acr: 'urn:okta:loa:1fa:any',
        amr: ['pwd'],
        auth_time: now(),
        ...more,
        user: (more?.user ?? ada) as User,
      };
    },
    endSession,
    on(route, handler) {
      const [method = '', path = ''] = route.split(' ');
      routes.unshift({ method, path, handler });
    },
    fail(code) {
      failing = code;
    },
    async handle(request) {
      requests.push(request.clone());
      return withHeaders(failing ? problem(failing) : await answer(request));
    },
    install() {
      const real = globalThis.fetch;
      globalThis.fetch = async (input, init) => {
        const request = input instanceof Request ? input : undefined;
        const address = new URL(request?.url ?? `${input}`, globalThis.location?.href ?? url);
        const ours = address.pathname === base || address.pathname.startsWith(`${base}/`);
        if (!ours) return real(input, init);
        return exchange(new Request(request ?? address, init), broker.handle);
      };
      return () => {
        globalThis.fetch = real;
      };
    },
  };
  return broker;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const alive = session && Math.min(session.expires_at, session.idle_expires_at) > now();
    if (!alive) session = undefined;
    const path = pathname.slice(base.length);
    if (path === '/login') return problem('bad_request');
    const own = { '/session': 'GET', '/logout': 'POST' }[path];
    if (!own && !path.startsWith('/api/')) return problem('no_route');
    if (own && request.method !== own) return problem('method_not_allowed');
    if (request.headers.get('x-bff-csrf') !== '1') return problem('csrf');
    if (path === '/session') return Response.json(session ?? { authenticated: false });
    if (path === '/logout') {
      endSession();
      return new Response(null, { status: 204 });
    }
    return api(request, pathname);
  }

  async function api(request: Request, pathname: string): Promise<Response> {
    const here = routes.filter(({ path }) =>
      path.endsWith('*') ? pathname.startsWith(path.slice(0, -1)) : path === pathname,
    );
    if (here.length === 0) return problem('no_route');
    const route = here.find(({ method }) => method === request.method);
    if (!route) return problem('method_not_allowed');
    if (!session) return problem(had ? 'session_expired' : 'not_signed_in');
    // A call extends the session, up to its absolute end.
    session.idle_expires_at = Math.min(now() + 1_800, session.expires_at);
    const value = await route.handler(request);
    if (value instanceof Response) return value;
    return value === undefined ? new Response(null, { status: 204 }) : Response.json(value);
  }
}
