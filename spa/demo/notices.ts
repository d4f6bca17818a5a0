// Notices above the page: offline, a session about to end, a failed sign-in.
import type { Bff, State } from '../client/index.ts';
import { draw, h, part } from './dom.ts';
import { loginErrorText } from './explain.ts';
import { countdown } from './format.ts';
import { forgetSignOut, signOutOutcome } from './sign-out.ts';

let ticking: ReturnType<typeof setInterval> | undefined;
let dismissed = false;

export function showNotices(bff: Bff, state: State): void {
  clearInterval(ticking);
  const { loginError } = bff;
  draw(part('.notices'), [
    !navigator.onLine && notice('You are offline. What you see may be out of date.'),
    loginError !== undefined &&
      !dismissed &&
      notice(loginErrorText(loginError), [
        h('code', {}, loginError),
        dismissal(() => dismiss(bff)),
      ]),
    signOutNotice(bff, state),
    state.kind === 'expiring' && expiring(bff, state.endsAt, state.session.expires_at),
  ]);
}

function signOutNotice(bff: Bff, state: State) {
  const outcome = signOutOutcome();
  if (!outcome || (outcome === 'done') !== (state.kind === 'signed_out')) return undefined;
  if (outcome === 'offline' && navigator.onLine) return undefined;
  const away = dismissal(() => {
    forgetSignOut();
    showNotices(bff, bff.state);
  });
  return notice(signOutTexts[outcome], [away]);
}

const signOutTexts = {
  done: 'You are signed out.',
  offline: 'You are still signed in: signing out needs a connection. Try again when it is back.',
  failed: 'You are still signed in: signing out did not work. Try again.',
};

const dismissal = (click: () => void) =>
  h('button', { type: 'button', class: 'quiet', click }, 'Dismiss');

function expiring(bff: Bff, endsAt: number, expiresAt: number) {
  const left = () => countdown(endsAt - Date.now());
  ticking = setInterval(() => part('.notices .left').replaceChildren(left()), 1_000);
  const idle = expiresAt * 1_000 - endsAt > 5_000;
  const button = idle
    ? h('button', { type: 'button', click: () => stay(bff) }, 'Stay signed in')
    : h('a', { class: 'button', href: bff.loginUrl() }, 'Sign in again');
  // Screen readers do not read it out every second.
  const time = h('strong', { class: 'left', 'aria-live': 'off' }, left());
  return notice(['Your session ends in ', time], [button]);
}

/** Any API call counts as activity; the check of the session does not. */
async function stay(bff: Bff) {
  await bff.fetch('/bff/api/v1/users/me').catch(() => {});
  await bff.session().catch(() => {});
}

function dismiss(bff: Bff) {
  dismissed = true;
  const url = new URL(location.href);
  url.searchParams.delete('login_error');
  history.replaceState(null, '', url);
  showNotices(bff, bff.state);
}

const notice = (text: string | (string | Node)[], more: Node[] = []) =>
  h(
    'div',
    { class: 'notice' },
    h('p', {}, text),
    more.length > 0 && h('div', { class: 'row' }, more),
  );
