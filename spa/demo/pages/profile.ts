import type { Context, Page } from '../app.ts';
import { h } from '../dom.ts';
import { level, method, when } from '../format.ts';

export const profile: Page = {
  path: '/profile',
  title: 'Profile',
  nav: 'Profile',
  about: 'What Okta says about you',
  signedIn: true,
  render: ({ signOut, session }) => (session ? view(signOut, session) : h('p')),
};

const view = (signOut: Context['signOut'], session: NonNullable<Context['session']>) =>
  h(
    'section',
    {},
    h('h1', {}, session.user.name ?? 'Profile'),
    h(
      'p',
      { class: 'lead' },
      'What this app may know about you. The ID token itself stays on the server while you are signed in.',
    ),
    list(
      'Claims',
      Object.entries(session.user).map(([name, value]) => [
        h('code', {}, name),
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    list('Sign-in', [
      ['Level', level(session.acr)],
      ['Method', method(session.amr) || 'Unknown'],
      ['Signed in', session.auth_time ? when(session.auth_time) : 'Unknown'],
      ['Ends if you are inactive', when(session.idle_expires_at)],
      ['Ends at the latest', when(session.expires_at)],
    ]),
    h(
      'div',
      { class: 'panel' },
      h('h2', {}, 'Sign out'),
      h(
        'p',
        {},
        'Signing out everywhere also ends your Okta session, and signs you out of other apps that use it. Signing out here ends only this session.',
      ),
      h(
        'div',
        { class: 'row' },
        h('button', { type: 'button', click: () => void signOut() }, 'Sign out everywhere'),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            click: () => void signOut({ onlyHere: true }),
          },
          'Sign out here',
        ),
      ),
    ),
  );

const list = (title: string, rows: [name: Node | string, value: string][]) =>
  h(
    'div',
    {},
    h('h2', {}, title),
    h(
      'dl',
      { class: 'rows' },
      rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
  );
