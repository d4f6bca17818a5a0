// The session as this tab knows it: asked at intervals, shared between tabs, and the ways in and out.
import { loginUrl, pageIn, resolve } from './address.ts';
import { BffError, errorOf, type Problem, unproven } from './problem.ts';
import type { Bff, Init, Options, Session, State } from './types.ts';

/** The time between two requests once the session should have ended. */
const pauseMs = 5_000;
/** Until the first answer, a failed request is repeated after twice this time, then four times, and so on. */
const firstMs = 500;
/** Calls fail in groups: for this time after the first, no other sends the page to sign in. */
const togetherMs = 3_000;
/** How long a page may take to leave when it signs out. After that, somebody has stopped it. */
const leaveMs = 10_000;

/** The connection is back, somebody looks at the page, or the back button has brought it back. */
const events = ['visibilitychange', 'pageshow', 'online', 'focus'];

type SignedOut = Extract<State, { kind: 'signed_out' }>;
type Listener = (state: State, before: State) => void;

/** Completes `bff`. Returns what to call when a call has succeeded, because it may have extended the session. */
export function addSession(
  bff: Bff,
  browser: typeof globalThis,
  base: string,
  send: (url: string, init?: Init) => Promise<Response>,
  { pollMs = 60_000, warnMs = 120_000, onSignInNeeded }: Options,
): () => void {
  // Each in an array of its own: a page may pass the same function twice.
  const listeners = new Set<[Listener]>();
  let state: State = { kind: 'unknown' };
  let checkedAt = 0;
  let retryMs = firstMs;
  let skewMs = 0;
  let leftAt = 0;
  let wanted: boolean | undefined;
  let asking: Promise<Session> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leaving: ReturnType<typeof setTimeout> | 0 | undefined;
  let channel: BroadcastChannel | undefined;
  // What this tab remembers from page to page: that its user has signed out.
  let notes: Record<string, SignedOut['why']> = {};
  try {
    notes = browser.sessionStorage ?? notes;
  } catch {
    // This browser blocks cookies, and with them everything that is stored.
  }
  const name = `bff ${base}`;
  const login = `${base}/login`;
  const recheck = () => void check(true).catch(() => {});

  Object.assign(bff, {
    state,
    onChange,
    session: () => check(),
    login: (more) => void (leaving || browser.location.assign(bff.loginUrl(more))),
    logout,
    report,
  } satisfies Partial<Bff>);
  return () => {
    if (state.kind === 'expiring' && Date.now() - checkedAt > pauseMs) recheck();
  };

  function onChange(listener: Listener) {
    const own: [Listener] = [listener];
    listeners.add(own);
    if (!channel) {
      channel = new browser.BroadcastChannel(name);
      channel.onmessage = hear;
      for (const event of events) browser.addEventListener(event, look);
      if (state.kind === 'unknown') recheck();
      else plan();
    }
    return () => {
      if (!listeners.delete(own) || listeners.size) return;
      for (const event of events) browser.removeEventListener(event, look);
      channel = channel?.close() as undefined;
      clearTimeout(timer);
    };
  }

  /** Asks once for all callers. `quietly`: nobody is waiting, so it does not interrupt a step-up. */
  function check(quietly?: boolean): Promise<Session> {
    wanted ||= !quietly;
    asking ??= answer().finally(() => {
      wanted = asking = undefined;
      checkedAt = Date.now();
      plan();
    });
    return asking;
  }

  async function answer(): Promise<Session> {
    const before = state;
    retryMs *= 2;
    const session = await ask().catch((error) => {
      // What is known stays. If nothing is known yet, the state says why. The next request tries again.
      if (state.kind === 'unknown') set({ ...state, error });
      throw error;
    });
    // Whatever happened meanwhile is newer than this answer.
    if (state !== before) return session;
    if (session.authenticated) {
      delete notes[name];
      const endsAt = Math.min(session.expires_at, session.idle_expires_at) * 1_000 - skewMs;
      const kind = endsAt - Date.now() > warnMs ? 'signed_in' : 'expiring';
      tell({ kind, session, endsAt }, !wanted);
    } else over();
    return session;
  }

  async function ask(): Promise<Session> {
    const response = await send(`${base}/session`);
    const drift = Date.parse(response.headers.get('date') as string) - Date.now() - skewMs;
    // The header counts whole seconds.
    if (Math.abs(drift) > 2_000) skewMs += drift;
    if (!response.ok && response.status !== 404) {
      const error = await errorOf(response);
      // To this browser the session is of no use.
      if (error.code === unproven) return { authenticated: false };
      throw error;
    }
    const session = await response.json().catch(() => {});
    if (session?.authenticated !== undefined) return session;
    // A dev server answers its page, or 404: without this message the app would just stay empty.
    const message = `${base}/session answered ${response.headers.get('content-type')}: is this page opened at the dev server's own port? Open http://localhost:3000`;
    if (!state.error) browser.console.error(message);
    throw new BffError('upstream', message, { status: response.status });
  }

  async function logout({ onlyHere }: { onlyHere?: boolean } = {}) {
    if (onlyHere) {
      const response = await send(`${base}/logout`, { method: 'POST' });
      if (!response.ok) throw await errorOf(response, 'POST');
      notes[name] = 'logout';
      return over();
    }
    // When the broker is away, the caller learns of it here, and not the user from a page of the browser.
    await check(true);
    // A second click must not cancel the first.
    if (leaving) return;
    // Until the page has left, nothing changes here: whoever sees "Sign in" too early clicks it, and the click would
    // cancel the sign-out.
    leaving = setTimeout(left, leaveMs);
    browser.addEventListener('pagehide', left);
    // A navigation, so that the authorization server can end its own session too.
    const form = browser.document.createElement('form');
    form.method = 'post';
    form.action = `${base}/logout`;
    browser.document.body.append(form);
    form.submit();
  }

  /** The broker has answered by now. The other tabs ask it, and so does this page if it is still there. */
  function left() {
    if (leaving) {
      notes[name] = 'logout';
      over();
    }
    clearTimeout(leaving);
    leaving = checkedAt = 0;
    plan();
  }

  function report({ code, status, body: problem }: BffError & { body: Problem }) {
    const stepUp = code === 'step_up_required';
    // A step-up without login_url: signing in again did not satisfy the API, and the broker ends the loop.
    const to = stepUp ? problem.login_url : status === 401 && code !== 'upstream' && login;
    if (!to || leaving || !resolve(to, pageIn(browser), login)) return;
    const url = loginUrl(to, pageIn(browser));
    if (stepUp) set({ ...state, kind: 'step_up', url, error: undefined });
    else over();
    if (onSignInNeeded) onSignInNeeded({ kind: stepUp ? 'step_up' : 'sign_in', url, problem });
    // Calls fail in groups, and a failed sign-in must not start again by itself.
    else if (!bff.loginError && Date.now() - leftAt > togetherMs) {
      leftAt = Date.now();
      browser.location.assign(url);
    }
  }

  /** Nobody is signed in, or no longer. */
  function over() {
    tell({ kind: 'signed_out', why: notes[name] ?? (state.session ? 'expired' : 'not_signed_in') });
  }

  /** Changes the state here and in the other tabs. */
  function tell(next: State, quietly?: boolean) {
    set(next, quietly);
    const to = channel ?? new browser.BroadcastChannel(name);
    to.postMessage(next);
    if (!channel) to.close();
  }

  function hear({ data: next }: MessageEvent<State>) {
    checkedAt = Date.now();
    if (next.kind !== 'signed_out' || !state.session) return set(next, true);
    // That tab may have asked before we signed in.
    if (next.why === 'logout') notes[name] = 'logout';
    recheck();
  }

  /** `quietly`: while the user is asked for a step-up, the same sign-in as before changes nothing. */
  function set(next: State, quietly?: boolean) {
    const { session, endsAt } = next;
    if (
      quietly &&
      state.kind === 'step_up' &&
      session &&
      session.auth_time === (state.session ?? session).auth_time
    )
      next = { ...state, session, endsAt };
    // The first reason counts.
    if (leaving || (next.kind === 'signed_out' && state.kind === 'signed_out')) return;
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    const before = state;
    state = next;
    (bff as { state: State }).state = state;
    // Answers to later requests must include this change.
    asking = undefined;
    for (const [listener] of listeners) listener(state, before);
    plan();
  }

  /** There is no reason to wait any longer. */
  function look(event: Event) {
    retryMs = firstMs;
    // The back button may restore a page from before a sign-out.
    if ((event as PageTransitionEvent).persisted) recheck();
    else plan();
  }

  function plan() {
    clearTimeout(timer);
    if (!listeners.size || state.kind === 'signed_out') return;
    if (browser.document.hidden || !browser.navigator.onLine) return;
    const { kind, endsAt = Infinity } = state;
    const turning =
      kind === 'unknown' ? checkedAt + retryMs : kind === 'signed_in' ? endsAt - warnMs : endsAt;
    const due = Math.min(checkedAt + pollMs, turning > checkedAt ? turning : checkedAt + pauseMs);
    timer = setTimeout(recheck, due - Date.now());
  }
}
