// A browser tab as far as the client needs one: its navigations are noted, its network is real.
// The same things happen in a real Chromium in test/e2e.
import type { Bff, State } from '#spa/client/index.ts';

export interface Tab {
  window: typeof globalThis;
  /** Where the page was sent, newest last. */
  went: string[];
  /** Forms that were submitted, as `METHOD address`. */
  submitted: string[];
  /** What was said on the console, as an error. */
  said: string[];
  hide(hidden: boolean): void;
  connect(online: boolean): void;
  focus(): void;
  /** The page is left. */
  leave(): void;
  /** The back button brings this page back. */
  restore(): void;
}

/** `sessionStorage`: that of another page, if this one is opened in the same tab. */
export function openTab(href: string, sessionStorage: object = {}): Tab {
  const went: string[] = [];
  const submitted: string[] = [];
  const said: string[] = [];
  const { origin } = new URL(href);
  const navigator = { onLine: true };
  const location = { href, assign: (url: string) => void went.push(url) };
  const document = Object.assign(new EventTarget(), {
    hidden: false,
    body: { append() {} },
    createElement: () => {
      const form = {
        method: '',
        action: '',
        submit: () => void submitted.push(`${form.method} ${form.action}`),
      };
      return form;
    },
  });
  const window = Object.assign(new EventTarget(), {
    location,
    document,
    navigator,
    sessionStorage,
    console: { error: (text: string) => void said.push(text) },
    // Like a browser's, a channel reaches only its own origin.
    BroadcastChannel: class extends BroadcastChannel {
      constructor(name: string) {
        super(`${origin} ${name}`);
      }
    },
    fetch: async (url: string, init: RequestInit) => {
      if (!navigator.onLine) throw new TypeError('Failed to fetch');
      return fetch(new URL(url, location.href), init);
    },
  });
  return {
    window: window as unknown as typeof globalThis,
    went,
    submitted,
    said,
    hide(hidden) {
      document.hidden = hidden;
      // As in a browser, the event bubbles from the document to the window.
      document.dispatchEvent(new Event('visibilitychange'));
      window.dispatchEvent(new Event('visibilitychange'));
    },
    connect(online) {
      navigator.onLine = online;
      window.dispatchEvent(new Event(online ? 'online' : 'offline'));
    },
    focus() {
      window.dispatchEvent(new Event('focus'));
    },
    leave() {
      window.dispatchEvent(new Event('pagehide'));
    },
    restore() {
      window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    },
  };
}

/** The first state, now or later, that passes. */
export function until(bff: Bff, test: (state: State) => boolean): Promise<State> {
  return new Promise((resolve) => {
    if (test(bff.state)) return resolve(bff.state);
    const stop = bff.onChange((state) => {
      if (!test(state)) return;
      stop();
      resolve(state);
    });
  });
}
