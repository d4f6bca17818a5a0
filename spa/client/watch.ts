// The state of the session as this tab knows it: asked at intervals, and shared between tabs.
import type { Options, Session, State } from './types.ts';

/** The time between two requests once the session should have ended. */
const pauseMs = 5_000;
/** Until the first answer, a failed request is repeated after twice this time, then four times, and so on. */
const firstMs = 500;

type Listener = (state: State, before: State) => void;
type Answer = { session: Session; date: string | null };

export type Watch = ReturnType<typeof sessionWatch>;

export function sessionWatch(
  { base = '/bff', pollMs = 60_000, warnMs = 120_000 }: Options,
  browser: typeof globalThis,
  ask: () => Promise<Answer>,
) {
  const listeners = new Set<Listener>();
  let state: State = { kind: 'unknown' };
  let changes = 0;
  let checkedAt = 0;
  let retryMs = firstMs;
  let skewMs = 0;
  let wanted = false;
  let asking: Promise<Session> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let channel: BroadcastChannel | undefined;
  let listening: AbortController | undefined;

  return { state: () => state, onChange, check, set, tell, used };

  function onChange(listener: Listener) {
    const own: Listener = (...both) => listener(...both);
    listeners.add(own);
    if (listeners.size === 1) start();
    return () => {
      if (listeners.delete(own) && listeners.size === 0) end();
    };
  }

  function start() {
    listening = new AbortController();
    const { signal } = listening;
    channel = open();
    channel.onmessage = ({ data }) => hear(data);
    browser.document.addEventListener('visibilitychange', plan, { signal });
    browser.addEventListener('online', plan, { signal });
    // The back button may restore a page from before a sign-out.
    browser.addEventListener('pageshow', (event) => event.persisted && recheck(), { signal });
    if (state.kind === 'unknown') recheck();
    else plan();
  }

  function end() {
    listening?.abort();
    channel?.close();
    channel = undefined;
    clearTimeout(timer);
  }

  /** Asks once for all callers. `quietly`: nobody is waiting, so it does not interrupt a step-up. */
  function check(quietly = false): Promise<Session> {
    wanted ||= !quietly;
    asking ??= answer().finally(() => {
      asking = undefined;
      wanted = false;
      checkedAt = Date.now();
      plan();
    });
    return asking;
  }

  async function answer(): Promise<Session> {
    const before = changes;
    checkedAt = Date.now();
    retryMs *= 2;
    const { session, date } = await ask();
    const drift = Date.parse(date ?? '') - Date.now() - skewMs;
    // The Date header counts whole seconds.
    if (Math.abs(drift) > 2_000) skewMs += drift;
    // Whatever happened meanwhile is newer than this answer.
    if (changes === before) adopt(session, !wanted);
    return session;
  }

  function recheck() {
    // The broker was not reached: the known state stays, and the next request tries again.
    check(true).catch(() => {});
  }

  function adopt(session: Session, quietly: boolean) {
    if (!session.authenticated) return tell({ kind: 'signed_out', why: 'not_signed_in' });
    const endsAt = Math.min(session.expires_at, session.idle_expires_at) * 1_000 - skewMs;
    const kind = endsAt - Date.now() > warnMs ? 'signed_in' : 'expiring';
    tell({ kind, session, endsAt }, quietly);
  }

  /** Changes the state here and in the other tabs. */
  function tell(next: State, quietly = false) {
    learn(next, quietly);
    const to = channel ?? open();
    to.postMessage(next);
    if (!channel) to.close();
  }

  function hear(next: State) {
    // A tab that finds itself signed out may have asked before we signed in.
    if (state.session && next.kind === 'signed_out' && next.why !== 'logout') return recheck();
    checkedAt = Date.now();
    learn(next, true);
  }

  function learn(next: State, quietly: boolean) {
    const { session, endsAt } = next;
    const old = state.session;
    const same = session && (!old || old.auth_time === session.auth_time);
    // The user is being asked for a step-up, and this is still the earlier sign-in.
    set(quietly && same && state.kind === 'step_up' ? { ...state, session, endsAt } : next);
  }

  function set(next: State) {
    if (next.kind === 'signed_out') {
      if (state.kind === 'signed_out') return;
      if (state.session && next.why === 'not_signed_in') next = { ...next, why: 'expired' };
    }
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    const before = state;
    state = next;
    changes++;
    // Answers to later requests must include this change.
    asking = undefined;
    for (const listener of listeners) listener(state, before);
    plan();
  }

  /** A call succeeded, which may have extended the session. */
  function used() {
    if (state.kind === 'expiring' && Date.now() - checkedAt > pauseMs) recheck();
  }

  /** Runs after an event: the connection is back, or somebody looks at the page. */
  function plan(event?: Event) {
    if (event) retryMs = firstMs;
    clearTimeout(timer);
    if (!listeners.size || state.kind === 'signed_out') return;
    if (browser.document.hidden || !browser.navigator.onLine) return;
    const { kind, endsAt = Infinity } = state;
    let turning = kind === 'signed_in' ? endsAt - warnMs : endsAt;
    if (kind === 'unknown') turning = checkedAt + retryMs;
    const next = turning > checkedAt ? turning : checkedAt + pauseMs;
    const due = Math.min(checkedAt + pollMs, next);
    timer = setTimeout(recheck, Math.max(0, due - Date.now()));
  }

  function open() {
    return new browser.BroadcastChannel(`bff ${base}`);
  }
}
