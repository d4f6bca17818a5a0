// The state of the session as this tab knows it: asked at intervals, and shared between tabs.
import type { Options, Session, State } from './types.ts';

/** The time between two requests once the session should have ended. */
const pauseMs = 5_000;
/** Until the first answer, a failed request is repeated after twice this time, then four times, and so on. */
const firstMs = 500;

/** The connection is back, somebody looks at the page, or the back button has brought it back. */
const events = ['visibilitychange', 'pageshow', 'online', 'focus'];

type SignedOut = Extract<State, { kind: 'signed_out' }>;
type Listener = (state: State, before: State) => void;
type Answer = { session: Session; date?: string | null };

export type Watch = ReturnType<typeof sessionWatch>;

export function sessionWatch(
  { base = '/bff', pollMs = 60_000, warnMs = 120_000 }: Options,
  browser: typeof globalThis,
  ask: () => Promise<Answer>,
) {
  const listeners = new Set<Listener>();
  let state: State = { kind: 'unknown' };
  let checkedAt = 0;
  let retryMs = firstMs;
  let skewMs = 0;
  let wanted: boolean | undefined;
  let asking: Promise<Session> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let channel: BroadcastChannel | undefined;
  const recheck = () => void check(true).catch(() => {});
  const open = () => new browser.BroadcastChannel(`bff ${base}`);

  return { state: () => state, onChange, check, set, over, used };

  function onChange(listener: Listener) {
    const own: Listener = (now, before) => listener(now, before);
    if (listeners.add(own).size === 1) {
      channel = open();
      channel.onmessage = hear;
      for (const event of events) browser.addEventListener(event, look);
      if (state.kind === 'unknown') recheck();
      else plan();
    }
    return () => {
      if (!listeners.delete(own) || listeners.size) return;
      for (const event of events) browser.removeEventListener(event, look);
      channel?.close();
      channel = undefined;
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
    const { session, date } = await ask().catch((error) => {
      // What is known stays. If nothing is known yet, the state says why. The next request tries again.
      if (state.kind === 'unknown') set({ ...state, error });
      throw error;
    });
    const drift = Date.parse(date as string) - Date.now() - skewMs;
    // The Date header counts whole seconds.
    if (Math.abs(drift) > 2_000) skewMs += drift;
    // Whatever happened meanwhile is newer than this answer.
    if (state !== before) return session;
    if (session.authenticated) {
      const endsAt = Math.min(session.expires_at, session.idle_expires_at) * 1_000 - skewMs;
      const kind = endsAt - Date.now() > warnMs ? 'signed_in' : 'expiring';
      tell({ kind, session, endsAt }, !wanted);
    } else over();
    return session;
  }

  /** Nobody is signed in, or no longer. */
  function over(why: SignedOut['why'] = state.session ? 'expired' : 'not_signed_in') {
    tell({ kind: 'signed_out', why });
  }

  /** Changes the state here and in the other tabs. */
  function tell(next: State, quietly?: boolean) {
    learn(next, quietly);
    const to = channel ?? open();
    to.postMessage(next);
    if (!channel) to.close();
  }

  function hear({ data: next }: MessageEvent<State>) {
    // A tab that finds itself signed out may have asked before we signed in.
    if (state.session && next.kind === 'signed_out' && next.why !== 'logout') return recheck();
    checkedAt = Date.now();
    learn(next, true);
  }

  function learn(next: State, quietly?: boolean) {
    const { session, endsAt } = next;
    const same = session && (state.session ?? session).auth_time === session.auth_time;
    // The user is being asked for a step-up, and this is still the earlier sign-in.
    set(quietly && same && state.kind === 'step_up' ? { ...state, session, endsAt } : next);
  }

  function set(next: State) {
    // The first reason counts.
    if (next.kind === 'signed_out' && state.kind === 'signed_out') return;
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    const before = state;
    state = next;
    // Answers to later requests must include this change.
    asking = undefined;
    for (const listener of listeners) listener(state, before);
    plan();
  }

  /** A call succeeded, which may have extended the session. */
  function used() {
    if (state.kind === 'expiring' && Date.now() - checkedAt > pauseMs) recheck();
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
    const next = turning > checkedAt ? turning : checkedAt + pauseMs;
    const due = Math.min(checkedAt + pollMs, next);
    timer = setTimeout(recheck, due - Date.now());
  }
}
