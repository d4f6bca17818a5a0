// Angular 19 and later, without decorators: a provider, an interceptor, a guard and a signal.
import { Location } from '@angular/common';
import type { HttpErrorResponse, HttpInterceptorFn } from '@angular/common/http';
import {
  computed,
  DestroyRef,
  type EnvironmentProviders,
  InjectionToken,
  inject,
  makeEnvironmentProviders,
  type Signal,
  signal,
} from '@angular/core';
import { tap } from 'rxjs';
import { type Bff, createBff, errorOf, type Options, type User } from '../index.ts';
import { type Seen, seen, sessionOf } from '../seen.ts';
import { answerIn } from './answer-in.ts';

export type { Seen } from '../seen.ts';

/** The token to inject the client by. */
export const BFF = new InjectionToken<Bff>('BFF');

/** Provides the client to the application. */
export const provideBff = (options?: Options): EnvironmentProviders =>
  makeEnvironmentProviders([{ provide: BFF, useFactory: () => createBff(options) }]);

/** `provideHttpClient(withInterceptors([bffInterceptor]))`. Requests to other places pass unchanged. */
export const bffInterceptor: HttpInterceptorFn = (request, next) => {
  const bff = inject(BFF);
  const url = bff.resolve(request.url);
  if (!url) return next(request);
  const judge = async (error: HttpErrorResponse) =>
    error.status === 401 && bff.report(await errorOf(answerIn(error)));
  return next(request.clone({ url, setHeaders: { 'X-BFF-CSRF': '1' } })).pipe(
    tap({ error: judge }),
  );
};

/** For a route's canActivate: lets the user in, or signs them in and returns to the route they wanted. */
export const signedIn = async (_: unknown, to: { url: string }): Promise<boolean> => {
  const bff = inject(BFF);
  const returnTo = inject(Location).prepareExternalUrl(to.url);
  if (await sessionOf(bff)) return true;
  bff.login({ returnTo });
  return false;
};

/** The state of the session. Asks once, then follows every change, in other tabs too. */
export function injectSession<Claims extends object = User>(): Signal<Seen<Claims>> {
  const bff = inject(BFF) as unknown as Bff<Claims>;
  const state = signal(bff.state);
  // A page rendered on a server has nothing to watch.
  if (typeof document === 'object') inject(DestroyRef).onDestroy(bff.onChange(state.set));
  return computed(() => seen(state()));
}
