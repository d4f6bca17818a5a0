// Angular 19 and later, without decorators: a provider, an interceptor, a guard and a signal.
import { Location } from '@angular/common';
import type { HttpErrorResponse, HttpInterceptorFn } from '@angular/common/http';
import {
  DestroyRef,
  type EnvironmentProviders,
  InjectionToken,
  inject,
  makeEnvironmentProviders,
  type Signal,
  signal,
} from '@angular/core';
import { tap } from 'rxjs';
import { type Bff, createBff, errorOf, type Options, type State } from '../index.ts';

export const BFF = new InjectionToken<Bff>('BFF');

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
  if ((bff.state.endsAt ?? 0) > Date.now()) return true;
  const { authenticated } = await bff.session();
  if (!authenticated) bff.login({ returnTo });
  return authenticated;
};

/** The state of the session. Asks once, then follows every change, in other tabs too. */
export function injectSession(): Signal<State> {
  const bff = inject(BFF);
  const state = signal(bff.state);
  // A page rendered on a server has nothing to watch.
  if (typeof document === 'object') inject(DestroyRef).onDestroy(bff.onChange(state.set));
  return state.asReadonly();
}

/** Turns Angular's error into an answer again, whatever its responseType. */
function answerIn({ error, status, headers }: HttpErrorResponse) {
  const raw = typeof error === 'string' || error instanceof Blob || error instanceof ArrayBuffer;
  const lines = headers.keys().map((name): [string, string] => [name, headers.get(name) ?? '']);
  return new Response(raw ? error : JSON.stringify(error), { status, headers: lines });
}
