// Every place where a page can store something, as a script that got in would see it.
import type { SignedIn } from '#spa/client/index.ts';
import { h } from '#spa/demo/dom.ts';

export function holdings(session: () => SignedIn | undefined, signal: AbortSignal): HTMLElement {
  const list = h('ul', { class: 'holdings' });
  const look = async () => {
    const found = await Promise.all(
      places.map(async ([name, read]) => [name, await read()] as const),
    );
    if (signal.aborted) return;
    list.replaceChildren(...found.map(([name, things]) => place(name, things)), ...held(session()));
  };
  void look();
  const timer = setInterval(look, 2_000);
  signal.addEventListener('abort', () => clearInterval(timer));
  return list;
}

const places: [name: string, read: () => string[] | Promise<string[]>][] = [
  ['Cookies a script can read', () => document.cookie.split('; ').filter(Boolean)],
  ['Local storage', () => Object.keys(localStorage)],
  ['Session storage', () => Object.keys(sessionStorage)],
  ['IndexedDB', async () => (await indexedDB.databases()).map(({ name }) => name ?? '')],
  ['Cache storage', () => caches.keys()],
  [
    'Service workers',
    async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
  ],
];

const place = (name: string, things: string[]) =>
  h(
    'li',
    { class: things.length > 0 && 'full' },
    h('span', {}, name),
    h('strong', {}, things.length > 0 ? things.join(', ') : 'nothing'),
  );

function held(session: SignedIn | undefined): HTMLElement[] {
  if (!session) return [];
  const { bound } = session;
  const cookies = [
    '__Host-Http-bff; HttpOnly; Secure; SameSite=Strict',
    ...(bound ? ['__Host-bff-device; HttpOnly; Secure; SameSite=Strict; ten minutes'] : []),
  ];
  return [
    h(
      'li',
      { class: 'cookie' },
      h('span', {}, 'Sent along, but unreadable here'),
      h('strong', {}, bound ? 'two cookies' : 'one cookie'),
      cookies.map((cookie) => h('code', {}, cookie)),
    ),
    ...(bound === undefined ? [] : [device(bound)]),
  ];
}

const device = (bound: boolean) =>
  h(
    'li',
    {},
    h('span', {}, 'Bound to this device'),
    h('strong', {}, bound ? 'yes, by a key that cannot leave it' : 'no, this browser has no key'),
  );
