// What a thief of a token and its proof would get. The attempts run in the local system, which has both; this page
// never does.
import type { Bff } from '#spa/client/index.ts';
import { h } from '#spa/demo/dom.ts';
import type { Diagram } from './diagram.ts';

type Local = (path: string, method?: string, body?: object) => Promise<Response>;

const thefts = [
  ['replay', 'Replay the proof', 'Send the same token and proof again.'],
  ['other_url', 'Use it elsewhere', 'Send them to another address: the apps of the org.'],
  ['bearer', 'Send it as Bearer', 'Leave the proof out and use the token the old way.'],
  ['other_key', 'Sign your own proof', 'Make a valid new proof with the thief’s own key.'],
  [
    'another_site',
    'Call from another site',
    'Let a page on another site call the broker, even with the cookie.',
  ],
] as const;

export function theftList(bff: Bff, local: Local, { add, thief }: Diagram): HTMLElement {
  return h(
    'div',
    { class: 'thefts' },
    h('h2', {}, 'What a thief would get'),
    h(
      'p',
      { class: 'soft' },
      'The first four buttons steal the last call’s token and proof and try to use them. The last makes another site call the broker.',
    ),
    h(
      'ul',
      {},
      thefts.map(([theft, name, text]) => item(theft, name, text)),
    ),
  );

  function item(theft: (typeof thefts)[number][0], name: string, text: string) {
    const result = h('div', { class: 'result', role: 'status' });
    const button = h(
      'button',
      { type: 'button', class: 'quiet', click: () => void attempt() },
      name,
    );
    let busy = false;
    return h('li', {}, button, h('p', {}, text), result);

    async function attempt() {
      // Not by disabling the button, because it has the focus.
      if (busy) return;
      busy = true;
      try {
        await bff.json('/bff/api/v1/users/me');
        result.replaceChildren(
          ...(theft === 'another_site' ? await elsewhere() : await steal(theft)),
        );
      } catch {
        result.replaceChildren('The local system did not answer.');
      } finally {
        busy = false;
      }
    }
  }

  async function elsewhere() {
    const at = Date.now();
    const { status, code, title } = await (await local('another-site')).json();
    add({
      at,
      from: 'browser',
      to: 'broker',
      title: '/bff/api/v1/users/me',
      tags: ['another site'],
      answer: `${status} ${code}`,
      kind: 'bad',
      details: [['The broker says', title]],
    });
    return refusal('The broker', status, code, title);
  }

  async function steal(theft: string) {
    const from = Date.now();
    const { status, challenge } = await (await local('thefts', 'POST', { theft })).json();
    thief(from, Date.now());
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge ?? '')?.[1];
    return refusal('Okta', status, field('error'), field('error_description'));
  }
}

function refusal(who: string, status: number, code = '', text = '') {
  const refused = status >= 400;
  return [
    h(
      'strong',
      { class: refused ? 'held-off' : 'let-in' },
      `${who} ${refused ? 'refused' : 'answered'}: ${status} ${code}`,
    ),
    h('span', {}, text),
  ];
}
