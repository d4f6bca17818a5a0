// Explains to the user what went wrong.
import { BffError, type BffErrorCode } from '../client/index.ts';
import { h } from './dom.ts';
import { timeOf } from './format.ts';

const sentences: Partial<Record<BffErrorCode, string>> = {
  offline: 'You are offline. Try again when the connection is back.',
  network: 'The server cannot be reached. Try again in a moment.',
  timeout: 'The server took too long to answer.',
  not_signed_in: 'Sign in to see this.',
  session_expired: 'Your session has ended. Sign in to continue.',
  device_proof_required:
    'Your session needs a proof by your device, which this browser did not bring.',
  step_up_required: 'Okta requires a stronger sign-in for this, and signing in again did not help.',
  no_route: 'This installation has no route to that API.',
  signer_unavailable: 'Proofs cannot be signed at the moment. Nothing was sent.',
  store_unavailable: 'Sessions cannot be read at the moment. You are still signed in.',
};

export function explain(error: unknown, again?: () => void): HTMLElement {
  const known = error instanceof BffError ? error : undefined;
  const { errorSummary } = (known?.body ?? {}) as { errorSummary?: string };
  const refused = known?.code === 'upstream' && known.status === 403;
  if (again && known?.code === 'offline') onceOnline(() => box.isConnected && again());
  const box = h(
    'div',
    { class: 'empty', role: 'alert' },
    h(
      'p',
      {},
      refused ? 'Okta refused.' : (known && sentences[known.code]) || 'This did not work.',
    ),
    (errorSummary || known?.code === 'upstream') &&
      h('p', { class: 'soft' }, errorSummary ?? `Okta answered ${known?.status}.`),
    !known && h('p', { class: 'soft' }, `${error}`),
    known?.retryAfter !== undefined && h('p', {}, pause(known.retryAfter)),
    again && !refused && h('p', {}, h('button', { type: 'button', click: again }, 'Try again')),
  );
  return box;
}

const pause = (seconds: number) =>
  `Try again at ${timeOf(Date.now() + seconds * 1000)}, in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;

const onceOnline = (then: () => unknown) => addEventListener('online', then, { once: true });

const reasons: Record<string, string> = {
  access_denied: 'Okta did not let you in. You may not be assigned to this app.',
  unmet_authentication_requirements: 'The stronger sign-in did not succeed.',
  login_required: 'Okta requires you to sign in.',
  temporarily_unavailable: 'Okta is not available at the moment.',
};

export const loginErrorText = (code: string): string =>
  reasons[code] ?? 'The sign-in did not finish.';
