import type { Context, Page } from '../app.ts';
import { h } from '../dom.ts';
import { explain } from '../explain.ts';
import { initials } from '../format.ts';

interface User {
  id: string;
  status: string;
  profile: { firstName: string; lastName: string; email: string };
}

export const users: Page = {
  path: '/users',
  title: 'Users',
  nav: 'Users',
  about: 'The directory, page by page',
  signedIn: true,
  render,
};

/**
 * Follows the pages that Okta's Link headers name, and keeps those it has seen. Okta's cursors lead only forward, so the
 * address counts pages, and a user who comes back to one walks there again.
 */
async function render({ bff, signal }: Context) {
  const wanted = Number(new URLSearchParams(location.search).get('page')) || 1;
  const seen: { items: User[]; next?: string }[] = [];
  const body = h('tbody');
  const place = h('span', { class: 'soft', role: 'status' });
  const trouble = h('div');
  const previous = h(
    'button',
    { type: 'button', class: 'quiet', click: () => turn(-1) },
    'Previous',
  );
  const next = h('button', { type: 'button', class: 'quiet', click: () => turn(1) }, 'Next');
  let at = -1;
  let busy = false;

  await forward();
  while (at + 1 < wanted && seen[at]?.next) await forward();
  show();
  return h(
    'section',
    {},
    h('h1', {}, 'Users'),
    h('p', { class: 'lead' }, 'Straight from Okta’s Users API, ten at a time.'),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Name', 'E-mail', 'Status'].map((name) => h('th', { scope: 'col' }, name)),
        ),
      ),
      body,
    ),
    trouble,
    h('div', { class: 'row between' }, place, h('div', { class: 'row' }, previous, next)),
  );

  async function forward() {
    if (!seen[at + 1]) {
      const from = seen[at]?.next ?? '/bff/api/v1/users?limit=10';
      const { value } = await bff.paginate<User>(from, { signal }).next();
      if (!value) return;
      seen.push(value);
    }
    at++;
  }

  async function turn(by: 1 | -1) {
    // Not by disabling the button, because it has the focus.
    if (busy) return;
    busy = true;
    trouble.replaceChildren();
    try {
      if (by === 1) await forward();
      else at--;
    } catch (error) {
      if (signal.aborted) return;
      trouble.append(explain(error, () => void turn(by)));
    } finally {
      busy = false;
    }
    show();
  }

  function show() {
    const items = seen[at]?.items ?? [];
    const before = seen.slice(0, at).reduce((sum, page) => sum + page.items.length, 0);
    body.replaceChildren(...items.map(row));
    place.textContent = `Users ${before + 1} to ${before + items.length}`;
    if (!signal.aborted)
      history.replaceState(null, '', at > 0 ? `/users?page=${at + 1}` : '/users');
    allow(previous, at > 0, next);
    allow(next, Boolean(seen[at]?.next), previous);
  }
}

/** A disabled button loses the focus sooner or later, so the focus moves to the other button first. */
function allow(button: HTMLButtonElement, allowed: boolean, other: HTMLButtonElement) {
  if (!allowed && document.activeElement === button) {
    other.disabled = false;
    other.focus();
  }
  button.disabled = !allowed;
}

function row({ status, profile: { firstName, lastName, email } }: User) {
  const name = `${firstName} ${lastName}`;
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      h('span', { class: 'face', 'aria-hidden': 'true' }, initials(name)),
      name,
    ),
    h('td', {}, email),
    h('td', {}, h('span', { class: 'tag' }, status.toLowerCase())),
  );
}
