// A page that exists only for the client: its navigations are noted instead of made, and its network is a function.

export interface Seen {
  /** Where the page was sent, newest last. */
  went: string[];
  /** Forms that were submitted, as `method address`. */
  submitted: string[];
  /** Takes the connection away, or brings it back. */
  connect(online: boolean): void;
}

export function openWindow(
  href: string,
  send: (request: Request) => Promise<Response>,
  signOut: () => void,
): Seen & { window: typeof globalThis } {
  const went: string[] = [];
  const submitted: string[] = [];
  const navigator = { onLine: true };
  const form = () => {
    const made = { method: '', action: '', submit };
    return made;
    function submit() {
      submitted.push(`${made.method} ${made.action}`);
      signOut();
      // The page leaves, and this one stands for the next as well.
      window.dispatchEvent(new Event('pagehide'));
    }
  };
  const document = { hidden: false, body: { append() {} }, createElement: form };
  const window = Object.assign(new EventTarget(), {
    location: { href, assign: (url: string | URL) => void went.push(`${url}`) },
    document,
    navigator,
    console: globalThis.console,
    // One page has no other tabs.
    BroadcastChannel: class {
      postMessage() {}
      close() {}
    },
    async fetch(input: RequestInfo | URL, init?: RequestInit) {
      if (!navigator.onLine) throw new TypeError('Failed to fetch');
      const address = input instanceof Request ? input : new URL(`${input}`, href);
      return exchange(new Request(address, init), send);
    },
  });
  return {
    window: window as unknown as typeof globalThis,
    went,
    submitted,
    connect(online) {
      navigator.onLine = online;
      window.dispatchEvent(new Event(online ? 'online' : 'offline'));
    },
  };
}

/** As a network does: an answer says where it came from, and an aborted call ends with the reason of its signal. */
export const exchange = (
  request: Request,
  send: (request: Request) => Promise<Response>,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { signal, url } = request;
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    send(request).then(
      (response) => resolve(Object.defineProperty(response, 'url', { value: url })),
      reject,
    );
  });
