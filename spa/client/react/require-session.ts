'use client';
// <RequireSession>: children for those who are signed in. Everybody else sees what is going on, never an empty page.
import { createElement, Fragment, type ReactElement, type ReactNode, useEffect } from 'react';
import type { BffError } from '../index.ts';
import { useBff, useSession } from './hooks.ts';

/** What to show to whom. */
export interface RequireSessionProps {
  /** For those who are signed in. */
  children?: ReactNode;
  /** While the session is not known yet. */
  loading?: ReactNode;
  /** When the broker cannot be asked. The client asks again by itself; `retry` does so at once. */
  failed?: (error: BffError, retry: () => void) => ReactNode;
  /** For visitors who are not signed in. Without it, they go to sign in and come back to this page. */
  signedOut?: ReactNode;
}

/** Shows its children to those who are signed in, and lets everybody else sign in. */
export function RequireSession({
  children,
  loading = createElement('p', { role: 'status' }, 'Loading …'),
  failed = failure,
  signedOut,
}: RequireSessionProps): ReactElement {
  const bff = useBff();
  const state = useSession();
  const isVisitor = state.kind === 'signed_out' && state.why === 'not_signed_in';
  // Someone whose session ended may have a half-written form here, someone who has just signed out wants no new
  // sign-in, and a failed sign-in must not start again by itself: they choose.
  const leaves = signedOut === undefined && isVisitor && !bff.loginError;
  useEffect(() => {
    if (leaves) bff.login();
  }, [bff, leaves]);
  const retry = () => void bff.session().catch(() => {});
  const otherwise = () => {
    if (state.error) return failed(state.error, retry);
    if (leaves || state.isLoading) return loading;
    return signedOut ?? createElement('a', { href: bff.loginUrl() }, 'Sign in');
  };
  return createElement(Fragment, null, state.session ? children : otherwise());
}

const failure = (_: BffError, retry: () => void) =>
  createElement(
    'div',
    { role: 'alert' },
    createElement('p', null, 'Your session cannot be checked at the moment.'),
    createElement('button', { type: 'button', onClick: retry }, 'Try again'),
  );
