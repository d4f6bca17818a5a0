// The loader in React Router itself, where .ci/run has installed it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBff } from '#spa/client/index.ts';
import { signedIn } from '#spa/client/react/index.ts';
import { judge } from '#test/support/judges.ts';
import { type Broker, startBroker } from './broker.ts';
import { openTab } from './tab.ts';

interface Router {
  state: { loaderData: Record<string, unknown>; errors: Record<string, unknown> | null };
  navigate(to: string): Promise<void>;
  dispose(): void;
}
interface ReactRouter {
  createMemoryRouter(routes: object[]): Router;
}

const react = await judge<ReactRouter>('react-router', 'dist/production/index.mjs');
let broker: Broker;

beforeEach(async () => {
  broker = await startBroker();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await broker[Symbol.asyncDispose]();
});

async function go(to: string) {
  const went: string[] = [];
  const assign = (url: string) => went.push(url);
  vi.stubGlobal(
    'window',
    Object.assign(new EventTarget(), {
      document: { createElement() {} },
      location: { assign, replace: assign, href: `${broker.origin}/`, origin: broker.origin },
    }),
  );
  const bff = createBff({ window: openTab(`${broker.origin}/`).window });
  const router = react?.createMemoryRouter([
    { id: 'home', path: '/' },
    { id: 'users', path: '/users', loader: signedIn(bff), hasErrorBoundary: true },
  ]);
  await Promise.race([router?.navigate(to), vi.waitUntil(() => went.length > 0, 5_000)]);
  const { loaderData, errors } = router?.state ?? {};
  router?.dispose();
  return { went, data: loaderData?.users, error: errors?.users };
}

test.skipIf(!react)(
  'a signed-in user gets to the route, with the session as its data',
  async () => {
    broker.signIn();
    expect(await go('/users')).toMatchObject({ went: [], data: { user: { sub: '00u1' } } });
  },
);

test.skipIf(!react)(
  'a visitor leaves the app for the sign-in, and comes back to the route',
  async () => {
    const { went, data } = await go('/users?page=2');
    expect(new URL(went[0] ?? '', broker.origin).pathname).toBe('/bff/login');
    expect(new URL(went[0] ?? '', broker.origin).searchParams.get('return_to')).toBe(
      '/users?page=2',
    );
    expect(data).toBeUndefined();
  },
);

test.skipIf(!react)('a failed sign-in is the error of the route', async () => {
  const { went, error } = await go('/users?login_error=access_denied');
  expect(went).toEqual([]);
  expect(error).toMatchObject({ code: 'login_failed', message: 'access_denied' });
});
