// The browser's side of the broker: sign in and out, call APIs, follow the session. It holds no token, because none
// reaches the browser: the session is a cookie that no script can read.
import { loginUrl, nextLink, nowhere, resolve } from './address.ts';
import { call, partsOf } from './call.ts';
import { BffError, errorOf, type Problem } from './problem.ts';
import type { Bff, Init, Options, Page, Session, SignInNeed } from './types.ts';
import { sessionWatch } from './watch.ts';

export type { BffErrorCode, ErrorCode, Problem } from './problem.ts';
export { BffError, errorOf } from './problem.ts';
export type * from './types.ts';

export function createBff(options: Options = {}): Bff {
  const { base = '/bff', timeoutMs = 35_000, upstreams } = options;
  const browser = options.window ?? globalThis;
  // Looked up when it is used: a page rendered on a server has no location.
  const page = () => browser.location?.href;
  const watch = sessionWatch(options, browser, ask);
  let leftAt = 0;

  const bff: Bff = {
    get state() {
      return watch.state();
    },
    get loginError() {
      return new URL(page() ?? nowhere).searchParams.get('login_error') ?? undefined;
    },
    onChange: watch.onChange,
    session: () => watch.check(),
    loginUrl: (more) => loginUrl(`${base}/login`, page(), more),
    login: (more) => browser.location.assign(bff.loginUrl(more)),
    logout,
    fetch: send,
    json,
    paginate,
    resolve: (input) => resolve(input, page(), base, upstreams),
    report,
  };
  return bff;

  async function send(input: string | URL | Request, init: Init = {}): Promise<Response> {
    const request = input instanceof Request ? input : undefined;
    const address = request?.url ?? (input as string | URL);
    const url = bff.resolve(address);
    if (!url) throw new TypeError(`${new URL(address, page()).origin} is not behind the broker`);
    const asked = request && (await partsOf(request));
    const response = await call(browser, url, { timeoutMs, ...asked, ...init });
    if (response.status === 401) report(await errorOf(response.clone()));
    else watch.used();
    return response;
  }

  async function json<T>(input: string | URL | Request, init?: Init): Promise<T> {
    const response = await send(input, init);
    if (!response.ok) throw await errorOf(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async function* paginate<T>(input: string | URL, init?: Init) {
    let url: string | URL | undefined = input;
    while (url) {
      const response = await send(url, init);
      if (!response.ok) throw await errorOf(response);
      const link = nextLink(response.headers.get('link'));
      const next = link && bff.resolve(new URL(link, response.url));
      yield { items: await response.json(), response, ...(next && { next }) } as Page<T>;
      url = next;
    }
  }

  async function ask() {
    const response = await call(browser, `${base}/session`, { timeoutMs });
    if (!response.ok) throw await errorOf(response);
    const { headers, status } = response;
    const session = (await response.json().catch(() => {})) as Session | undefined;
    if (session?.authenticated === undefined) {
      // A dev server answers its page at every address: without this message the app would just stay empty.
      const message = `${base}/session answered ${headers.get('content-type')}: is this a dev server?`;
      browser.console.error(message);
      throw new BffError('upstream', message, { status });
    }
    return { session, date: headers.get('date') };
  }

  async function logout({ onlyHere = false } = {}) {
    if (onlyHere) {
      const response = await call(browser, `${base}/logout`, { method: 'POST', timeoutMs });
      if (!response.ok) throw await errorOf(response);
    } else if (!browser.navigator.onLine) throw new BffError('offline', 'There is no connection.');
    watch.tell({ kind: 'signed_out', why: 'logout' });
    if (onlyHere) return;
    // A navigation, so that the authorization server can end its own session too.
    const form = browser.document.createElement('form');
    form.method = 'post';
    form.action = `${base}/logout`;
    browser.document.body.append(form);
    form.submit();
  }

  function report({ code, body }: BffError) {
    const stepUp = code === 'step_up_required';
    if (!stepUp && code !== 'session_expired' && code !== 'not_signed_in') return;
    const problem = body as Problem;
    const login = `${base}/login`;
    const start = stepUp ? problem.login_url : login;
    // Without one, signing in again did not satisfy the API: the broker ends the loop.
    if (!start || !resolve(start, page(), login)) return;
    const url = loginUrl(start, page());
    const { session, endsAt } = watch.state();
    if (stepUp) watch.set({ kind: 'step_up', url, session, endsAt });
    else watch.tell({ kind: 'signed_out', why: session ? 'expired' : 'not_signed_in' });
    (options.onSignInNeeded ?? leave)({ kind: stepUp ? 'step_up' : 'sign_in', url, problem });
  }

  function leave({ url }: SignInNeed) {
    // Calls fail in groups, and a failed sign-in must not start again by itself.
    if (bff.loginError || Date.now() - leftAt < pauseMs) return;
    leftAt = Date.now();
    browser.location.assign(url);
  }
}

const pauseMs = 3_000;
