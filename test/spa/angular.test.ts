// @vitest-environment dom
import '@angular/compiler';
import { APP_BASE_HREF } from '@angular/common';
import {
  HttpClient,
  HttpErrorResponse,
  provideHttpClient,
  withFetch,
  withInterceptors,
} from '@angular/common/http';
import { provideZonelessChangeDetection, runInInjectionContext } from '@angular/core';
import { createApplication } from '@angular/platform-browser';
import { provideRouter, Router } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  BFF,
  bffInterceptor,
  injectSession,
  provideBff,
  signedIn,
} from '#spa/client/angular/index.ts';
import { type Broker, json, problem, startBroker } from './broker.ts';
import { openTab, until } from './tab.ts';

let broker: Broker;
let stop: (() => void) | undefined;

beforeEach(async () => {
  broker = await startBroker();
});
afterEach(async () => {
  stop?.();
  stop = undefined;
  await broker[Symbol.asyncDispose]();
});

async function start(path = '/') {
  const tab = openTab(broker.origin + path);
  const upstreams = { 'https://acme.okta.com/api/v1': '/bff/api/v1' };
  const app = await createApplication({
    providers: [
      provideZonelessChangeDetection(),
      provideBff({ window: tab.window, upstreams, pollMs: 10 }),
      provideHttpClient(withFetch(), withInterceptors([bffInterceptor])),
      { provide: APP_BASE_HREF, useValue: '/shop/' },
      provideRouter([
        { path: 'users', canActivate: [signedIn], children: [] },
        { path: 'apps', canActivate: [signedIn], children: [] },
      ]),
    ],
  });
  stop = () => app.destroy();
  const { injector } = app;
  return {
    tab,
    injector,
    bff: injector.get(BFF),
    http: injector.get(HttpClient),
    router: injector.get(Router),
  };
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('HttpClient calls absolute API addresses through the broker', async () => {
  broker.signIn();
  broker.serve((_, response) => json(response, 200, [{ id: '00u1' }]));
  const { http } = await start();
  const call = http.get('https://acme.okta.com/api/v1/users', { params: { limit: 2 } });
  expect(await firstValueFrom(call)).toEqual([{ id: '00u1' }]);
  expect(broker.requests).toMatchObject([
    { url: '/bff/api/v1/users?limit=2', headers: { 'x-bff-csrf': '1' } },
  ]);
});

test('a request for elsewhere passes untouched', async () => {
  const { http } = await start();
  await refusal(firstValueFrom(http.get(`${broker.origin}/assets/words.json`)));
  expect(broker.requests[0]?.url).toBe('/assets/words.json');
  expect(broker.requests[0]?.headers).not.toHaveProperty('x-bff-csrf');
});

test.each(['json', 'text', 'blob', 'arraybuffer'] as const)(
  'a 401 of the broker sends the page to sign in, asked for as %s',
  async (responseType) => {
    const { http, tab } = await start('/shop/users');
    const call = http.get(`${broker.origin}/bff/api/v1/users`, {
      responseType: responseType as 'json',
    });
    expect(await refusal(firstValueFrom(call))).toBeInstanceOf(HttpErrorResponse);
    await vi.waitFor(() =>
      expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fshop%2Fusers`]),
    );
  },
);

test('a step-up challenge sends the page to its login_url', async () => {
  broker.signIn();
  broker.serve((_, response) =>
    problem(response, 'step_up_required', { login_url: '/bff/login?max_age=300' }),
  );
  const { http, tab } = await start('/shop/apps');
  await refusal(firstValueFrom(http.get(`${broker.origin}/bff/api/v1/apps`)));
  await vi.waitFor(() =>
    expect(tab.went).toEqual([`${broker.origin}/bff/login?max_age=300&return_to=%2Fshop%2Fapps`]),
  );
});

test('the guard lets a signed-in user in without asking again', async () => {
  broker.signIn();
  const { router, tab } = await start();
  expect(await router.navigateByUrl('/users')).toBe(true);
  expect(await router.navigateByUrl('/apps')).toBe(true);
  expect(broker.requests).toHaveLength(1);
  expect(tab.went).toEqual([]);
});

test('the guard sends everybody else to sign in and back to where they wanted to go', async () => {
  const { router, tab } = await start('/shop/');
  expect(await router.navigateByUrl('/users?page=2')).toBe(false);
  expect(tab.went).toEqual([`${broker.origin}/bff/login?return_to=%2Fshop%2Fusers%3Fpage%3D2`]);
});

test('the session is a signal that follows every change until it is destroyed', async () => {
  broker.signIn();
  const { injector, bff } = await start();
  const session = runInInjectionContext(injector, () => injectSession());
  expect(session()).toEqual({ kind: 'unknown', isLoading: true });
  await until(bff, ({ kind }) => kind === 'signed_in');
  expect(session().session?.user.name).toBe('Ada Example');
  await bff.logout({ onlyHere: true });
  expect(session().kind).toBe('signed_out');
  stop?.();
  stop = undefined;
  broker.signIn();
  await bff.session();
  expect(session().kind).toBe('signed_out');
});
