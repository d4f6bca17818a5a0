// The frame around the pages: routes, header, notices, and what happens when the session changes.
import {
  type Bff,
  createBff,
  type SignedIn,
  type SignInNeed,
  type State,
} from '../client/index.ts';
import { askToSignIn, closeDialog } from './dialog.ts';
import { draw, h, part, quietly } from './dom.ts';
import { explain } from './explain.ts';
import { initials } from './format.ts';
import { showNotices } from './notices.ts';
import { signOutOf } from './sign-out.ts';

export interface Page {
  path: string;
  title: string;
  /** Its name in the navigation. Without one, it is not listed. */
  nav?: string;
  /** Its line on the home page. */
  about?: string;
  /** Shown to signed-in users only. */
  signedIn?: boolean;
  render(context: Context): Promise<Node> | Node;
}

export interface Context {
  bff: Bff;
  pages: Page[];
  session: SignedIn | undefined;
  /** A failure is shown above the page. */
  signOut(options?: { onlyHere?: boolean }): Promise<void>;
  /** Aborted when the user leaves the page. */
  signal: AbortSignal;
}

export function start(pages: Page[]): void {
  const bff = createBff({ onSignInNeeded: (need) => ask(need) });
  const main = part('main');
  let leave = new AbortController();

  const signOut = async (how: { onlyHere?: boolean } = {}) => {
    await signOutOf(bff, how);
    showNotices(bff, bff.state);
  };

  bff.onChange((now, before) => {
    header(pages, now, signOut);
    showNotices(bff, now);
    if (now.session?.user.sub === before.session?.user.sub && before.kind !== 'unknown') return;
    if (now.session) closeDialog();
    if (now.session || now.kind !== 'signed_out' || now.why !== 'expired') void show();
    else ask({ kind: 'sign_in', url: bff.loginUrl() });
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || !staysHere(link, event)) return;
    event.preventDefault();
    if (link.href !== location.href) history.pushState(null, '', link.href);
    void show(true);
  });
  addEventListener('popstate', () => void show(true));
  for (const change of ['online', 'offline']) {
    addEventListener(change, () => showNotices(bff, bff.state));
  }
  showNotices(bff, bff.state);
  begin();

  /** Whoever decides against it is signed out, and what the page shows is no longer theirs to see. */
  function ask(need: Pick<SignInNeed, 'kind' | 'url'>) {
    askToSignIn(bff, need, () => void show());
  }

  /** Every page needs to know who is signed in. */
  function begin() {
    bff.session().catch((error: unknown) => main.replaceChildren(explain(error, begin)));
  }

  async function show(moved = false) {
    leave.abort();
    leave = new AbortController();
    const { signal } = leave;
    const page = pages.find(({ path }) => path === location.pathname) ?? nowhere;
    document.title = `${page.title} - okta-dpop-bff`;
    header(pages, bff.state, signOut);
    const from = document.activeElement;
    const { session } = bff.state;
    const content =
      page.signedIn && !session
        ? signInFirst(bff, page.title)
        : page.render({ bff, pages, session, signal, signOut });
    if (content instanceof Promise) {
      place(loading(page.title));
      if (moved) scrollTo(0, 0);
      announce(`Loading ${page.title}`);
    }
    const here = await Promise.resolve(content).catch((error: unknown) =>
      h(
        'section',
        {},
        h('h1', {}, page.title),
        explain(error, () => void show()),
      ),
    );
    if (signal.aborted) return;
    announce('');
    const stayed = document.activeElement === from;
    place(here);
    if (!moved) return;
    scrollTo(0, 0);
    // A user who has moved on meanwhile stays there.
    if (stayed) main.focus(quietly);
  }

  /** A page that goes takes no focus with it. */
  function place(content: Node) {
    const inside = main.contains(document.activeElement);
    main.replaceChildren(content);
    if (inside) main.focus(quietly);
  }
}

/** For screen readers: the element is there before its text, or the text would not be read out. */
const announce = (text: string) => part('.announce').replaceChildren(text);

/** What the page before showed must not stay under the new page's name. */
const loading = (title: string) =>
  h('section', {}, h('h1', {}, title), h('p', { class: 'loading' }, 'Loading…'));

/** Whoever is signed out finds the way in on the page itself, once. */
function header(pages: Page[], { session }: State, signOut: Context['signOut']) {
  const nav = part('.nav');
  const links = pages.filter((page) => page.nav && (session || !page.signedIn));
  nav.hidden = links.length === 0;
  draw(
    nav,
    links.map((page) =>
      h(
        'a',
        { href: page.path, 'aria-current': location.pathname === page.path && 'page' },
        page.nav,
      ),
    ),
  );
  const name = session?.user.name ?? session?.user.sub ?? '';
  draw(
    part('.account'),
    session
      ? [
          h(
            'a',
            { class: 'me', href: '/profile', title: name },
            h('span', { 'aria-hidden': 'true' }, initials(name)),
            h('span', { class: 'hidden' }, `Profile of ${name}`),
          ),
          h('button', { type: 'button', class: 'quiet', click: () => void signOut() }, 'Sign out'),
        ]
      : [],
  );
}

const signInFirst = (bff: Bff, title: string) =>
  h(
    'section',
    {},
    h('h1', {}, title),
    h(
      'div',
      { class: 'empty' },
      h('p', {}, 'Sign in to see this page.'),
      h('p', {}, h('a', { class: 'button', href: bff.loginUrl() }, 'Sign in')),
    ),
  );

const nowhere: Page = {
  path: '',
  title: 'Nothing here',
  render: () =>
    h(
      'section',
      {},
      h('h1', {}, 'Nothing here'),
      h(
        'p',
        { class: 'lead' },
        'There is no page at this address. ',
        h('a', { href: '/' }, 'Go to the home page'),
      ),
    ),
};

function staysHere(link: HTMLAnchorElement, event: MouseEvent): boolean {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  const { origin, pathname, hash } = new URL(link.href);
  const ours = origin === location.origin && !/^\/(bff|__local)(\/|$)/.test(pathname);
  return plain && ours && !hash && !link.target && !link.download && !event.defaultPrevented;
}
