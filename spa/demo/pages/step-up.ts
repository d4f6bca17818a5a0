import { BffError, type Problem } from '../../client/index.ts';
import type { Context, Page } from '../app.ts';
import { h } from '../dom.ts';
import { explain } from '../explain.ts';
import { level, method, when } from '../format.ts';

const twoFactors = { acrValues: 'urn:okta:loa:2fa:any', maxAge: 300 };

export const stepUp: Page = {
  path: '/step-up',
  title: 'Step-up',
  nav: 'Step-up',
  about: 'When one factor is not enough',
  signedIn: true,
  render: view,
};

function view({ bff, session, signal }: Context) {
  const result = h('div', { role: 'status' });
  return h(
    'section',
    {},
    h('h1', {}, 'Step-up'),
    h(
      'p',
      { class: 'lead' },
      'Some things need more than a password. Either this app asks for it, or the API does.',
    ),
    h(
      'dl',
      { class: 'rows' },
      row('Now', level(session?.acr)),
      row('Method', method(session?.amr) || 'Unknown'),
      row('Signed in', session?.auth_time ? when(session.auth_time) : 'Unknown'),
    ),
    h(
      'div',
      { class: 'pair' },
      h(
        'div',
        { class: 'panel' },
        h('h2', {}, 'The app asks'),
        h(
          'p',
          {},
          'It sends you to Okta for a second factor that is at most five minutes old. The session gets a new cookie on the way back.',
        ),
        h(
          'p',
          {},
          h('a', { class: 'button', href: bff.loginUrl(twoFactors) }, 'Verify with two factors'),
        ),
      ),
      h(
        'div',
        { class: 'panel' },
        h('h2', {}, 'The API asks'),
        h(
          'p',
          {},
          'It calls MyAccount, which refuses without a fresh second factor. The broker turns that into one answer: step_up_required.',
        ),
        h('p', {}, h('button', { type: 'button', click: () => void call() }, 'Read my account')),
        result,
      ),
    ),
  );

  async function call() {
    try {
      const { profile } = await bff.json<{ profile: Record<string, string> }>(
        '/bff/api/myaccount/profile',
        { signal },
      );
      result.replaceChildren(
        h(
          'dl',
          { class: 'rows' },
          Object.entries(profile).map(([name, value]) => row(name, value)),
        ),
      );
    } catch (error) {
      const { code, body } = error instanceof BffError ? error : {};
      const asked = code === 'step_up_required' && (body as Problem).login_url;
      result.replaceChildren(...(asked ? [] : [explain(error)]));
    }
  }
}

const row = (name: string, value: string) => h('div', {}, h('dt', {}, name), h('dd', {}, value));
