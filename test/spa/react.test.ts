// @vitest-environment dom
import { act, createElement, type ReactNode, useEffect } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bff, createBff } from '#spa/client/index.ts';
import {
  BffProvider,
  RequireSession,
  type RequireSessionProps,
  signedIn,
  useBff,
  useBffFetch,
  useSession,
} from '#spa/client/react/index.ts';
import { type Broker, startBroker } from './broker.ts';
import { openTab, type Tab, until } from './tab.ts';

let broker: Broker;
let root: Root;
const box = document.createElement('div');

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  broker = await startBroker();
  root = createRoot(box);
});
afterEach(async () => {
  await act(() => root.unmount());
  await broker[Symbol.asyncDispose]();
});

function Greeting() {
  const { kind, session } = useSession();
  return createElement('p', null, session ? `Hello ${session.user.name}` : kind);
}

function Hand({ to }: { to: (bff: Bff) => void }) {
  to(useBff());
  return null;
}

function Users({ count }: { count: () => void }) {
  const fetch = useBffFetch();
  useSession();
  useEffect(() => {
    count();
    void fetch('/bff/api/v1/users');
  }, [fetch, count]);
  return null;
}

const newBff = (more = {}) => createBff({ window: openTab(`${broker.origin}/`).window, ...more });

const render = (bff: Bff, child: ReactNode = createElement(Greeting)) =>
  act(() => root.render(createElement(BffProvider, { bff }, child)));

test('a component renders again when the session changes', async () => {
  broker.signIn();
  const bff = newBff();
  await render(bff);
  await act(() => until(bff, ({ kind }) => kind === 'signed_in'));
  expect(box.textContent).toBe('Hello Ada Example');
  await act(() => bff.logout({ onlyHere: true }));
  expect(box.textContent).toBe('signed_out');
});

test('the provider makes one client of its options', async () => {
  broker.signIn();
  const seen = new Set<Bff>();
  const options = { window: openTab(`${broker.origin}/`).window };
  for (const key of ['first', 'again']) {
    const child = createElement(Hand, { key, to: (bff) => seen.add(bff) });
    await act(() => root.render(createElement(BffProvider, { options }, child)));
  }
  expect(seen.size).toBe(1);
  for (const bff of seen) expect(await bff.session()).toMatchObject({ authenticated: true });
});

test('useBffFetch is the same function on every render', async () => {
  broker.signIn();
  const bff = newBff();
  let calls = 0;
  const count = () => {
    calls++;
  };
  await render(bff, createElement(Users, { count }));
  await act(() => bff.session());
  await broker.asked('/bff/api/v1/users', 1);
  expect(calls).toBe(1);
});

test('an unmounted tree watches nothing', async () => {
  broker.signIn();
  const bff = newBff({ pollMs: 10 });
  await render(bff);
  await act(() => broker.asked('/bff/session', 2));
  await act(() => root.render(null));
  await bff.session();
  const asked = broker.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(broker.requests).toHaveLength(asked);
});

test('a server renders the unknown session', () => {
  const bff = createBff();
  const html = renderToString(createElement(BffProvider, { bff }, createElement(Greeting)));
  expect(html).toBe('<p>unknown</p>');
});

test('a hook without its provider names what is missing', () => {
  expect(() => renderToString(createElement(Greeting))).toThrow('<BffProvider>');
});

test('useSession says that it is loading, then why it failed, and then who is signed in', async () => {
  broker.signIn();
  const { window } = openTab(`${broker.origin}/`);
  const plain = window.fetch;
  window.fetch = async () => new Response('<!doctype html>');
  const bff = createBff({ window });
  const seen: string[] = [];
  function Watcher() {
    const { isLoading, error, session } = useSession();
    const now = `${isLoading} ${error?.code} ${session?.user.sub}`;
    if (seen.at(-1) !== now) seen.push(now);
    return null;
  }
  await render(bff, createElement(Watcher));
  await act(() => vi.waitFor(() => expect(bff.state.error).toBeDefined()));
  window.fetch = plain;
  await act(() => bff.session());
  expect(seen).toEqual([
    'true undefined undefined',
    'false upstream undefined',
    'false undefined 00u1',
  ]);
});

describe('RequireSession', () => {
  const inside = createElement('p', null, 'the page');
  const guarded = (more: RequireSessionProps = {}) => createElement(RequireSession, more, inside);

  test('shows the page to those who are signed in, and something else until that is known', async () => {
    broker.signIn();
    const bff = newBff();
    root.render(createElement(BffProvider, { bff }, guarded({ loading: 'one moment' })));
    await act(() => {});
    await act(() => until(bff, ({ kind }) => kind === 'signed_in'));
    expect(box.textContent).toBe('the page');
    const html = renderToString(createElement(BffProvider, { bff: createBff() }, guarded()));
    expect(html).toContain('Loading');
  });

  test('sends visitors to sign in and back to this page', async () => {
    const tab = openTab(`${broker.origin}/users?page=2`);
    const bff = createBff({ window: tab.window });
    await render(bff, guarded());
    await act(() => until(bff, ({ kind }) => kind === 'signed_out'));
    expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fusers%3Fpage%3D2`]);
  });

  test.each([
    ['after a failed sign-in', '/?login_error=access_denied', async () => {}],
    ['after signing out', '/', (bff: Bff) => bff.logout({ onlyHere: true })],
    [
      'when the session has ended',
      '/',
      async (bff: Bff) => {
        broker.end();
        await bff.session();
      },
    ],
  ])('offers the sign-in, and goes nowhere by itself, %s', async (what, path, happens) => {
    if (!what.includes('failed')) broker.signIn();
    const tab = openTab(broker.origin + path);
    const bff = createBff({ window: tab.window });
    await render(bff, guarded());
    await act(() => until(bff, ({ kind }) => kind !== 'unknown'));
    await act(() => happens(bff));
    expect(box.querySelector('a')?.getAttribute('href')).toBe(bff.loginUrl());
    expect(box.textContent).not.toContain('the page');
    expect(tab.went).toEqual([]);
  });

  test('offers the sign-in on the page that comes back from signing out, until somebody signs in again', async () => {
    broker.signIn();
    const tab = openTab(`${broker.origin}/`);
    const leaving = createBff({ window: tab.window });
    await render(leaving, guarded());
    await act(() => until(leaving, ({ kind }) => kind === 'signed_in'));
    await act(() => leaving.logout());
    expect(box.textContent).toBe('the page');
    broker.end();
    tab.leave();
    const back = await opened(tab);
    expect(box.querySelector('a')?.textContent).toBe('Sign in');
    expect(back.went).toEqual([]);
    broker.signIn();
    await opened(tab);
    expect(box.textContent).toBe('the page');
    broker.end();
    expect((await opened(tab)).went).toHaveLength(1);
  });

  /** A fresh page of the same tab. */
  async function opened(before: Tab) {
    await act(() => root.unmount());
    root = createRoot(box);
    const tab = openTab(`${broker.origin}/`, before.window.sessionStorage);
    const bff = createBff({ window: tab.window });
    await render(bff, guarded());
    await act(() => until(bff, ({ kind }) => kind !== 'unknown'));
    return tab;
  }

  test('shows visitors what the app wants them to see', async () => {
    const tab = openTab(`${broker.origin}/`);
    const bff = createBff({ window: tab.window });
    await render(bff, guarded({ signedOut: 'for members only' }));
    await act(() => until(bff, ({ kind }) => kind === 'signed_out'));
    expect(box.textContent).toBe('for members only');
    expect(tab.went).toEqual([]);
  });

  test('says that the session cannot be checked, and tries again when asked', async () => {
    broker.signIn();
    const { window } = openTab(`${broker.origin}/`);
    const plain = window.fetch;
    window.fetch = () => Promise.reject(new TypeError('Failed to fetch'));
    const bff = createBff({ window });
    await render(bff, guarded());
    await act(() => vi.waitFor(() => expect(bff.state.error).toBeDefined()));
    expect(box.querySelector('[role=alert]')?.textContent).toContain('cannot be checked');
    window.fetch = plain;
    await act(async () => {
      box.querySelector('button')?.click();
      await until(bff, ({ kind }) => kind === 'signed_in');
    });
    expect(box.textContent).toBe('the page');
  });
});

describe('the loader', () => {
  const load = (bff: Bff, path: string) =>
    signedIn(bff)({ request: new Request(broker.origin + path) }).catch((error: unknown) => error);

  test('gives the session, without asking again', async () => {
    broker.signIn();
    const bff = newBff();
    expect(await load(bff, '/users')).toMatchObject({ user: { sub: '00u1' } });
    expect(await load(bff, '/apps')).toMatchObject({ user: { sub: '00u1' } });
    expect(broker.requests).toHaveLength(1);
  });

  test('redirects visitors as a document to the sign-in, and back to the route they wanted', async () => {
    const redirect = (await load(newBff(), '/users?page=2')) as Response;
    expect(redirect.status).toBe(302);
    expect(Object.fromEntries(redirect.headers)).toEqual({
      location: `${broker.origin}/bff/login?return_to=%2Fusers%3Fpage%3D2`,
      'x-remix-reload-document': 'true',
    });
  });

  test('leaves a failed sign-in and a broker that cannot be asked to the error page', async () => {
    expect(await load(newBff(), '/users?login_error=access_denied')).toMatchObject({
      code: 'login_failed',
      message: 'access_denied',
    });
    const tab = openTab(`${broker.origin}/`);
    tab.connect(false);
    expect(await load(createBff({ window: tab.window }), '/users')).toMatchObject({
      code: 'offline',
    });
  });
});
