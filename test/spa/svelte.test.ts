import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBff } from '#spa/client/index.ts';
import { type Seen, sessionStore, signedIn } from '#spa/client/svelte/index.ts';
import { type Broker, startBroker } from './broker.ts';
import { openTab, until } from './tab.ts';

let broker: Broker;

beforeEach(async () => {
  broker = await startBroker();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await broker[Symbol.asyncDispose]();
});

const newBff = (path = '/', more = {}) =>
  createBff({ window: openTab(broker.origin + path).window, ...more });

test('the store has a value at once and follows every change until it is left', async () => {
  broker.signIn();
  vi.stubGlobal('document', {});
  const bff = newBff('/', { pollMs: 10 });
  const seen: Seen[] = [];
  const leave = sessionStore(bff).subscribe((state) => seen.push(state));
  expect(seen).toEqual([{ kind: 'unknown', isLoading: true }]);
  await until(bff, ({ kind }) => kind === 'signed_in');
  expect(seen.at(-1)).toMatchObject({ isLoading: false, session: { user: { sub: '00u1' } } });
  await bff.logout({ onlyHere: true });
  expect(seen.at(-1)?.kind).toBe('signed_out');
  leave();
  broker.signIn();
  await bff.session();
  expect(seen.at(-1)?.kind).toBe('signed_out');
});

test('the store asks nothing on a server', () => {
  const seen: Seen[] = [];
  sessionStore(createBff()).subscribe((state) => seen.push(state))();
  expect(seen).toEqual([{ kind: 'unknown', isLoading: true }]);
});

test('the guard gives the session of a signed-in user without asking again', async () => {
  broker.signIn();
  const load = signedIn(newBff());
  const url = new URL('/users', broker.origin);
  expect(await load({ url })).toMatchObject({ session: { user: { sub: '00u1' } } });
  expect(await load({ url })).toMatchObject({ session: { user: { sub: '00u1' } } });
  expect(broker.requests).toHaveLength(1);
});

test('the guard sends visitors to sign in and back to where they wanted to go, and shows nothing', async () => {
  const tab = openTab(`${broker.origin}/`);
  let shown = false;
  void signedIn(createBff({ window: tab.window }))({
    url: new URL('/users?page=2', broker.origin),
  }).then(() => {
    shown = true;
  });
  await vi.waitFor(() =>
    expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fusers%3Fpage%3D2`]),
  );
  expect(shown).toBe(false);
});

test('the guard leaves a failed sign-in to the error page', async () => {
  const url = new URL('/users?login_error=access_denied', broker.origin);
  await expect(signedIn(newBff())({ url })).rejects.toMatchObject({
    code: 'login_failed',
    message: 'access_denied',
  });
});
