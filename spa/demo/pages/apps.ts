import type { Context, Page } from '../app.ts';
import { h } from '../dom.ts';

interface AppLink {
  appInstanceId: string;
  label: string;
}

export const apps: Page = {
  path: '/apps',
  title: 'Apps',
  nav: 'Apps',
  about: 'What you are assigned to',
  signedIn: true,
  render,
};

async function render({ bff, signal }: Context) {
  const all = await bff.json<AppLink[]>('/bff/api/v1/users/me/appLinks', { signal });
  return h(
    'section',
    {},
    h('h1', {}, 'Apps'),
    h('p', { class: 'lead' }, `You are assigned to ${all.length} applications.`),
    h('ul', { class: 'tiles' }, all.map(tile)),
  );
}

const tile = ({ appInstanceId, label }: AppLink) =>
  h(
    'li',
    {},
    h('span', { class: 'face square', 'aria-hidden': 'true' }, label[0]),
    h('div', {}, h('strong', {}, label), h('code', { title: appInstanceId }, appInstanceId)),
  );
