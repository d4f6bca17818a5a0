// The orders of the signed-in user, from an API that is not Okta's. It is guarded by the authorizer that the package has
// for APIs of your own.
import type { Context, Page } from '#spa/demo/app.ts';
import { h } from '#spa/demo/dom.ts';
import { explain } from '#spa/demo/explain.ts';

interface Order {
  id: string;
  item: string;
  quantity: number;
  status: string;
}

const path = '/bff/api/shop/orders';

export const orders: Page = {
  path: '/orders',
  title: 'Orders',
  nav: 'Orders',
  about: 'An API of your own, and its guard',
  signedIn: true,
  render,
};

async function render({ bff, signal }: Context) {
  const body = h('tbody');
  const said = h('p', { class: 'soft', role: 'status' });
  const trouble = h('div');
  const show = (all: Order[]) => body.replaceChildren(...all.map(row));
  let busy = false;
  show(await bff.json<Order[]>(path, { signal }));
  return h(
    'section',
    {},
    h('h1', {}, 'Orders'),
    h(
      'p',
      { class: 'lead' },
      'From an API of your own, not from Okta. Its authorizer is the one that you deploy: it verifies the token, its proof and a nonce, and accepts each proof once. Inside shows every call, and what a thief would get.',
    ),
    h(
      'table',
      { class: 'orders' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Order', 'Item', 'Quantity', 'Status', 'Action'].map((name) =>
            h('th', { scope: 'col' }, name),
          ),
        ),
      ),
      body,
    ),
    trouble,
    said,
  );

  function row({ id, item, quantity, status }: Order) {
    const open = status === 'open';
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('code', {}, id)),
      h('td', {}, item),
      h('td', {}, `${quantity}`),
      h('td', {}, h('span', { class: 'tag' }, status)),
      h(
        'td',
        {},
        open
          ? h(
              'button',
              {
                type: 'button',
                class: 'quiet',
                'aria-label': `Cancel ${id}`,
                click: () => void cancel(id),
              },
              'Cancel',
            )
          : '–',
      ),
    );
  }

  async function cancel(id: string) {
    if (busy) return;
    busy = true;
    trouble.replaceChildren();
    try {
      await bff.json(`${path}/${id}`, { method: 'DELETE', signal });
      show(await bff.json<Order[]>(path, { signal }));
      said.textContent = `${id} is cancelled.`;
    } catch (error) {
      if (!signal.aborted) trouble.append(explain(error));
    } finally {
      busy = false;
    }
  }
}
