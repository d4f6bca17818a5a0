// What a thief of a token and its proof would get. The attempts run in the local system, which has both; this page
// never does.
import type { Bff } from '#spa/client/index.ts';
import { h } from '#spa/demo/dom.ts';
import type { Diagram } from './diagram.ts';

type Local = (path: string, method?: string, body?: object) => Promise<Response>;

type Attempt = readonly [theft: string, name: string, text: string];

const thefts: readonly Attempt[] = [
  ['replay', 'Replay the proof', 'Send the same token and proof again.'],
  ['other_url', 'Use it elsewhere', 'Send them to another address: the apps of the org.'],
  ['bearer', 'Send it as Bearer', 'Leave the proof out and use the token the old way.'],
  ['other_key', 'Sign your own proof', 'Make a valid new proof with the thief’s own key.'],
  [
    'another_site',
    'Call from another site',
    'Let a page on another site call the broker, even with the cookie.',
  ],
  [
    'another_browser',
    'Take every cookie to another browser',
    'Copy them once, and call the broker with the copy, again and again.',
  ],
];

const orderThefts: readonly Attempt[] = [
  ['replay', 'Replay an order’s proof', 'Read the order again with the same token and proof.'],
  ['other_method', 'Cancel the order with it', 'Use the proof of a GET for a DELETE.'],
  ['bearer', 'Send its token as Bearer', 'Leave the proof out.'],
  ['other_key', 'Prove it with another key', 'Make a valid new proof with the thief’s own key.'],
];

/** Whose calls are stolen. */
interface Victim {
  name: string;
  /** A call that is let in. */
  call: string;
  /** Where the local system tries it. */
  attempts: string;
}

const oktaCalls: Victim = { name: 'Okta', call: '/bff/api/v1/users/me', attempts: 'thefts' };
const ordersCalls: Victim = {
  name: 'The orders API',
  call: '/bff/api/shop/orders/o-1001',
  attempts: 'orders/thefts',
};

export function theftList(bff: Bff, local: Local, { add, thief }: Diagram): HTMLElement {
  return h(
    'div',
    { class: 'thefts' },
    h('h2', {}, 'What a thief would get'),
    h(
      'p',
      { class: 'soft' },
      'The first four buttons steal the last call’s token and proof and try to use them. The fifth makes another site call the broker, and the last takes the cookies away.',
    ),
    h(
      'ul',
      {},
      thefts.map((attempt) => item(attempt, oktaCalls)),
    ),
    h('h2', {}, 'And at an API of your own'),
    h(
      'p',
      { class: 'soft' },
      'The same, from the last call to the orders API. Its own authorizer refuses.',
    ),
    h(
      'ul',
      {},
      orderThefts.map((attempt) => item(attempt, ordersCalls)),
    ),
  );

  function item([theft, name, text]: Attempt, victim: Victim) {
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
        await bff.json(victim.call);
        result.replaceChildren(
          ...(await (theft === 'another_site'
            ? elsewhere()
            : theft === 'another_browser'
              ? withCookies()
              : steal(theft, victim))),
        );
      } catch {
        result.replaceChildren('The local system did not answer.');
      } finally {
        busy = false;
      }
    }
  }

  async function elsewhere() {
    const { status, code, title } = await call('another site');
    return refusal('The broker', status, code, title);
  }

  /** The one theft that works unless the session is bound to a device. */
  async function withCookies() {
    const { status, code, title } = await call('another browser');
    if (status >= 400) return refusal('The broker', status, code, title);
    const { bound } = (await bff.session()) as { bound?: boolean };
    return refusal('The broker', status, 'the session was stolen', bound ? tenMinutes : unbound);
  }

  async function call(from: string) {
    const at = Date.now();
    const { status, code, title } = await (await local(from.replace(' ', '-'))).json();
    add({
      at,
      from: 'browser',
      to: 'broker',
      title: oktaCalls.call,
      tags: [from],
      answer: code ? `${status} ${code}` : `${status}`,
      kind: 'bad',
      details: title ? [['The broker says', title]] : [],
    });
    return { status, code, title };
  }

  async function steal(theft: string, { name, attempts }: Victim) {
    const from = Date.now();
    const { status, challenge } = await (await local(attempts, 'POST', { theft })).json();
    thief(from, Date.now());
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge ?? '')?.[1];
    return refusal(name, status, field('error'), field('error_description'));
  }
}

const tenMinutes =
  'It is bound to this device: the stolen cookies work for ten minutes at most. Try again after that; in this browser, nothing changes.';
const unbound =
  'It is not bound to this device: whoever has its cookie has the session until it ends. With --https and session.deviceBound, browsers that can bind it do so.';

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
