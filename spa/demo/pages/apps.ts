import type { Context, Page } from '../app.ts';
import { h } from '../dom.ts';

interface App {
  id: string;
  label: string;
  status: string;
}

export const apps: Page = {
  path: '/apps',
  title: 'Apps',
  nav: 'Apps',
  about: 'What the org is connected to',
  signedIn: true,
  render,
};

async function render({ bff, signal }: Context) {
  const all: App[] = [];
  for await (const { items } of bff.paginate<App>('/bff/api/v1/apps?limit=50', { signal })) {
    all.push(...items);
  }
  return h(
    'section',
    {},
    h('h1', {}, 'Apps'),
    h('p', { class: 'lead' }, `${all.length} applications are connected to this org.`),
    h('ul', { class: 'tiles' }, all.map(tile)),
  );
}

const tile = ({ id, label, status }: App) =>
  h(
    'li',
    {},
    h('span', { class: 'face square', 'aria-hidden': 'true' }, label[0]),
    h('div', {}, h('strong', {}, label), h('code', {}, id)),
    h('span', { class: `tag ${status === 'ACTIVE' ? '' : 'off'}` }, status.toLowerCase()),
  );
