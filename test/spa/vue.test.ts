// @vitest-environment dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type App, createApp, defineComponent, h, nextTick } from 'vue';
import { type Bff, createBff } from '#spa/client/index.ts';
import { bffPlugin, signedIn, useBff, useSession } from '#spa/client/vue/index.ts';
import { type Broker, startBroker } from './broker.ts';
import { openTab, until } from './tab.ts';

let broker: Broker;
let app: App | undefined;

beforeEach(async () => {
  broker = await startBroker();
});
afterEach(async () => {
  app?.unmount();
  app = undefined;
  await broker[Symbol.asyncDispose]();
});

const Greeting = defineComponent(() => {
  const state = useSession();
  return () =>
    h('p', state.value.session ? `Hello ${state.value.session.user.name}` : state.value.kind);
});

const Hand = defineComponent(
  ({ to }: { to: (bff: Bff) => void }) => {
    to(useBff());
    return () => null;
  },
  { props: ['to'] },
);

const newBff = (more = {}) => createBff({ window: openTab(`${broker.origin}/`).window, ...more });

function mount(bff: Bff) {
  const box = document.createElement('div');
  app = createApp(Greeting).use(bffPlugin, { bff });
  app.mount(box);
  return box;
}

test('a component renders again when the session changes', async () => {
  broker.signIn();
  const bff = newBff();
  const box = mount(bff);
  await until(bff, ({ kind }) => kind === 'signed_in');
  await nextTick();
  expect(box.textContent).toBe('Hello Ada Example');
  await bff.logout({ onlyHere: true });
  await nextTick();
  expect(box.textContent).toBe('signed_out');
});

test('useSession says that it is loading, and then why it failed', async () => {
  const { window } = openTab(`${broker.origin}/`);
  window.fetch = async () => new Response('<!doctype html>');
  const bff = createBff({ window });
  const box = document.createElement('div');
  app = createApp(() => {
    const { isLoading, error } = useSession().value;
    return h('p', `${isLoading} ${error?.code}`);
  }).use(bffPlugin, { bff });
  app.mount(box);
  expect(box.textContent).toBe('true undefined');
  await vi.waitFor(() => expect(box.textContent).toBe('false upstream'));
});

test('the plugin makes a client of its options', async () => {
  broker.signIn();
  const seen: Bff[] = [];
  app = createApp(Hand, { to: (bff: Bff) => seen.push(bff) });
  app.use(bffPlugin, { window: openTab(`${broker.origin}/`).window });
  app.mount(document.createElement('div'));
  expect(await seen[0]?.session()).toMatchObject({ authenticated: true });
});

test('an unmounted application watches nothing', async () => {
  broker.signIn();
  const bff = newBff({ pollMs: 10 });
  mount(bff);
  await broker.asked('/bff/session', 2);
  app?.unmount();
  await bff.session();
  const asked = broker.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(broker.requests).toHaveLength(asked);
  app = undefined;
});

test('the guard lets a signed-in user in without asking again', async () => {
  broker.signIn();
  const { window, went } = openTab(`${broker.origin}/`);
  const guard = signedIn(createBff({ window }));
  expect(await guard({ fullPath: '/users' })).toBe(true);
  expect(await guard({ fullPath: '/apps' })).toBe(true);
  expect(broker.requests).toHaveLength(1);
  expect(went).toEqual([]);
});

test('the guard sends everybody else to sign in and back to where they wanted to go', async () => {
  const { window, went } = openTab(`${broker.origin}/shop/`);
  const guard = signedIn(createBff({ window }), '/shop');
  expect(await guard({ fullPath: '/users?page=2' })).toBe(false);
  expect(went).toEqual([`${broker.origin}/bff/login?return_to=%2Fshop%2Fusers%3Fpage%3D2`]);
});

test('a composable without the plugin names what is missing', () => {
  const bare = createApp(Greeting);
  bare.config.warnHandler = () => {};
  expect(() => bare.mount(document.createElement('div'))).toThrow('bffPlugin');
});
