import './dom.ts';
import { act, createElement, type ReactNode, useEffect } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bff, createBff } from '#spa/client/index.ts';
import { BffProvider, useBff, useBffFetch, useSession } from '#spa/client/react/index.ts';
import { type Broker, startBroker } from './broker.ts';
import { openTab, until } from './tab.ts';

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
