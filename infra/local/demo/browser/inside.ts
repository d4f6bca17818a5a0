// The page that explains: what this browser holds, what went upstream, and what a thief would get.
import type { Context, Page } from '#spa/demo/app.ts';
import { h } from '#spa/demo/dom.ts';
import { watchDevice } from './device.ts';
import { diagram } from './diagram.ts';
import { holdings } from './holdings.ts';
import { theftList } from './thefts.ts';

export const inside: Page = {
  path: '/inside',
  title: 'Both ends of a call',
  nav: 'Inside',
  about: 'What the browser holds, what Okta sees',
  render,
};

function render(context: Context) {
  const { bff, signal, session } = context;
  const drawing = diagram(signal);
  const device = session?.bound === undefined ? undefined : watchDevice(drawing, signal);
  const local = (path: string, method = 'POST', body?: object) =>
    fetch(`/__local/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const call = () => bff.json('/bff/api/v1/users/me').catch(() => {});
  const action = (name: string, click: () => unknown) =>
    h('button', { type: 'button', class: 'quiet', click }, name);

  return h(
    'section',
    { class: 'inside' },
    h('h1', {}, 'Both ends of a call'),
    h(
      'p',
      { class: 'lead' },
      'What this browser holds, and what left the broker for Okta and for an API of your own. This page exists only in the local system: the stand-ins report these calls, a real Okta does not.',
    ),
    h(
      'div',
      { class: 'ends' },
      h(
        'div',
        { class: 'held' },
        h('h2', {}, 'What the browser holds'),
        holdings(() => bff.state.session, signal),
      ),
      h(
        'div',
        { class: 'went' },
        h('h2', {}, 'What went upstream'),
        h('p', { class: 'soft' }, 'From every browser that uses this local system, newest last.'),
        session
          ? h(
              'div',
              { class: 'row actions' },
              action('Call the API', call),
              action('Call your own API', () => bff.json('/bff/api/shop/orders').catch(() => {})),
              action('Revoke the access token, then call', async () => {
                await local('revoke', 'POST', { what: 'access_tokens' });
                await call();
              }),
              action('Clear', async () => {
                await local('events', 'DELETE');
                drawing.clear();
                device?.clear();
              }),
            )
          : h('p', { class: 'soft' }, h('a', { href: bff.loginUrl() }, 'Sign in'), ' and watch.'),
        drawing.element,
      ),
    ),
    session && theftList(bff, local, drawing),
  );
}
