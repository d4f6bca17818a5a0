// The browser's side of the broker: sign in and out, call APIs, follow the session. It has no token, because none
// reaches the browser: the session is a cookie that no script can read.
import { loginUrl, nextLink, resolve } from './address.ts';
import { call, partsOf } from './call.ts';
import { BffError, errorOf, isUnproven, type Problem } from './problem.ts';
import type { Bff, Init, Options, Session, SignInNeed, User } from './types.ts';
import { sessionWatch } from './watch.ts';

export type { BffErrorCode, ErrorCode, Problem } from './problem.ts';
export { BffError, errorOf } from './problem.ts';
export type * from './types.ts';

/** `createBff<Claims>()` gives `session.user` the type of the claims that the configuration shows to the page. */
export function createBff<Claims extends object = User>(options?: Options): Bff<Claims>;
/** The last signature is what `ReturnType<typeof createBff>` means. */
export function createBff(options?: Options): Bff;
export function createBff(options: Options = {}): Bff {
  const {
    base = '/bff',
    timeoutMs = 35_000,
    upstreams,
    onSignInNeeded = leave,
    window: browser = globalThis,
  } = options;
  // Looked up when it is used: a page rendered on a server has no location.
  const page = () => browser.location?.href;
  const watch = sessionWatch(options, browser, ask);
  const login = `${base}/login`;
  let leftAt = 0;

  const bff: Bff = {
    get state() {
      return watch.state();
    },
    get loginError() {
      // Anybody can write an address: only a code is passed on, and never a sentence.
      return page()?.split(/\blogin_error=([a-z_]+)/)[1];
    },
    onChange: watch.onChange,
    session: () => watch.check(),
    loginUrl: (more) => loginUrl(login, page(), more),
    login: (more) => browser.location.assign(bff.loginUrl(more)),
    resolve: (input) => resolve(input, page(), base, upstreams),

    async fetch(input, init) {
      const address = (input as Request).url ?? input;
      const url = bff.resolve(address);
      if (!url) {
        throw new TypeError(`${address} is not behind the broker: use ${base}/ or upstreams`);
      }
      const asked = (input as Request).url && (await partsOf(input as Request));
      const response = await call(browser, url, { timeoutMs, ...asked, ...init });
      if (response.status === 401) bff.report(await errorOf(response.clone()));
      else watch.used();
      return response;
    },

    async json(input, init) {
      const response = await good(input, init);
      return response.status === 204 ? undefined : response.json();
    },

    async *paginate(input, init) {
      let url: string | URL | undefined = input;
      while (url) {
        const response = await good(url, init);
        const link = nextLink(response.headers.get('link'));
        url = link && bff.resolve(new URL(link, response.url));
        yield { items: await response.json(), response, ...(url && { next: url }) };
      }
    },

    async logout({ onlyHere } = {}) {
      if (onlyHere) {
        const response = await call(browser, `${base}/logout`, { method: 'POST', timeoutMs });
        if (!response.ok) throw await errorOf(response, 'POST');
      } else if (!browser.navigator.onLine) throw new BffError('offline');
      watch.over('logout');
      if (onlyHere) return;
      // A navigation, so that the authorization server can end its own session too.
      const form = browser.document.createElement('form');
      form.method = 'post';
      form.action = `${base}/logout`;
      browser.document.body.append(form);
      form.submit();
    },

    report({ code, status, body: problem }: BffError & { body: Problem }) {
      const stepUp = code === 'step_up_required';
      // A step-up without login_url: signing in again did not satisfy the API, and the broker ends the loop.
      const start = stepUp ? problem.login_url : status === 401 && code !== 'upstream' && login;
      if (!start || !resolve(start, page(), login)) return;
      const url = loginUrl(start, page());
      const { session, endsAt } = watch.state();
      if (stepUp) watch.set({ kind: 'step_up', url, session, endsAt });
      else watch.over();
      onSignInNeeded({ kind: stepUp ? 'step_up' : 'sign_in', url, problem });
    },
  };
  return bff;

  async function good(input: string | URL | Request, init?: Init): Promise<Response> {
    const response = await bff.fetch(input, init);
    if (!response.ok) throw await errorOf(response, init?.method ?? (input as Request).method);
    return response;
  }

  async function ask() {
    const response = await call(browser, `${base}/session`, { timeoutMs });
    // To this browser the session is of no use.
    if (await isUnproven(response)) return { session: { authenticated: false as const } };
    if (response.status !== 404 && !response.ok) throw await errorOf(response);
    const session = (await response.json().catch(() => {})) as Session | undefined;
    if (session?.authenticated === undefined) {
      // A dev server answers its page, or 404: without this message the app would just stay empty.
      const message = `${base}/session answered ${response.headers.get('content-type')}: is this page opened at the dev server's own port? Open http://localhost:3000`;
      if (!watch.state().error) browser.console.error(message);
      throw new BffError('upstream', message, { status: response.status });
    }
    return { session, date: response.headers.get('date') };
  }

  function leave({ url }: SignInNeed) {
    // Calls fail in groups, and a failed sign-in must not start again by itself.
    if (bff.loginError || Date.now() - leftAt < pauseMs) return;
    leftAt = Date.now();
    browser.location.assign(url);
  }
}

const pauseMs = 3_000;
