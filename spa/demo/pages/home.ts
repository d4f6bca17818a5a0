import type { Context, Page } from '../app.ts';
import { h } from '../dom.ts';
import { level, when } from '../format.ts';

export const home: Page = {
  path: '/',
  title: 'Home',
  render: (context) => (context.session ? welcome(context.session, context.pages) : hero(context)),
};

const hero = ({ bff }: Context) =>
  h(
    'section',
    { class: 'hero' },
    h(
      'div',
      { class: 'split' },
      h(
        'div',
        {},
        h('h1', {}, 'Nothing', h('br'), 'to steal.'),
        h(
          'p',
          { class: 'lead' },
          'You sign in at Okta and use Okta’s APIs from this page. Your browser holds one cookie that no script can read, and not a single token.',
        ),
        h('p', {}, h('a', { class: 'button big', href: bff.loginUrl() }, 'Sign in with Okta')),
      ),
      h(
        'ol',
        { class: 'way', 'aria-label': 'How a call travels' },
        stop('Browser', 'sends one cookie'),
        stop('Broker', 'uses the cookie to decrypt the tokens'),
        stop('KMS', 'signs a proof for this one call'),
        stop('Okta', 'accepts each proof only once'),
      ),
    ),
    h(
      'dl',
      { class: 'facts' },
      fact('Tokens', 'stay on the server. A copy of the database reveals none of them.'),
      fact('Proofs', 'come from a key that never leaves KMS. A token alone is useless.'),
      fact('Your code', 'calls fetch. It has nothing to store, refresh, rotate or leak.'),
    ),
  );

const stop = (name: string, text: string) =>
  h('li', {}, h('strong', {}, name), h('span', {}, text));

const fact = (name: string, text: string) => h('div', {}, h('dt', {}, name), h('dd', {}, text));

const welcome = (
  { user, acr, expires_at, auth_time }: NonNullable<Context['session']>,
  pages: Page[],
) =>
  h(
    'section',
    {},
    h('h1', {}, `Hello, ${(user.name ?? user.sub).split(' ')[0]}.`),
    h(
      'p',
      { class: 'lead' },
      'You are signed in. Look around: what you see comes from Okta, and no page ever sees a token.',
    ),
    h('ul', { class: 'doors' }, pages.filter(({ about }) => about).map(door)),
    h(
      'p',
      { class: 'soft' },
      `${level(acr)}${auth_time ? `, since ${when(auth_time)}` : ''}. The session ends ${when(expires_at)} at the latest.`,
    ),
  );

const door = ({ path, nav, about }: Page) =>
  h('li', {}, h('a', { href: path }, h('strong', {}, nav), h('span', {}, about)));
