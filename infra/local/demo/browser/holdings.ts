// Every place where a page can store something, as a script that got in would see it.
import { h } from '#spa/demo/dom.ts';

export function holdings(signedIn: boolean, signal: AbortSignal): HTMLElement {
  const list = h('ul', { class: 'holdings' });
  const look = async () => {
    const found = await Promise.all(
      places.map(async ([name, read]) => [name, await read()] as const),
    );
    if (signal.aborted) return;
    list.replaceChildren(
      ...found.map(([name, things]) => place(name, things)),
      ...(signedIn ? [cookie()] : []),
    );
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

const cookie = () =>
  h(
    'li',
    { class: 'cookie' },
    h('span', {}, 'Sent along, but unreadable here'),
    h('strong', {}, 'one cookie'),
    h('code', {}, '__Host-Http-bff; HttpOnly; Secure; SameSite=Strict'),
  );
