// The browser's side of the broker: sign in and out, call APIs, follow the session. It has no token, because none
// reaches the browser: the session is a cookie that no script can read.
import { loginUrl, nextLink, pageIn, resolve } from './address.ts';
import { call, partsOf } from './call.ts';
import { errorOf } from './problem.ts';
import { addSession } from './session.ts';
import type { Bff, Init, Options, User } from './types.ts';

export type { BffErrorCode, ErrorCode, Problem } from './problem.ts';
export { BffError, errorOf } from './problem.ts';
export type * from './types.ts';

/** `createBff<Claims>()` gives `session.user` the type of the claims that the configuration shows to the page. */
export function createBff<Claims extends object = User>(options?: Options): Bff<Claims>;
/** The last signature is what `ReturnType<typeof createBff>` means. */
export function createBff(options?: Options): Bff;
export function createBff(options: Options = {}): Bff {
  const { base = '/bff', timeoutMs = 35_000, upstreams, window: browser = globalThis } = options;
  const send = (url: string, init?: Init) => call(browser, url, { timeoutMs, ...init });
  const bff = {
    get loginError() {
      // Anybody can write an address: only a code is passed on, and never a sentence.
      return pageIn(browser).split(/\blogin_error=([a-z_]+)/)[1];
    },
    loginUrl: (more) => loginUrl(`${base}/login`, pageIn(browser), more),
    resolve: (input) => resolve(input, pageIn(browser), base, upstreams),

    async fetch(input, init) {
      const address = (input as Request).url ?? input;
      const url = bff.resolve(address);
      if (!url) {
        throw new TypeError(`${address} is not behind the broker: use ${base}/ or upstreams`);
      }
      const asked = (input as Request).url && (await partsOf(input as Request));
      const response = await send(url, { ...asked, ...init });
      if (response.status === 401) bff.report(await errorOf(response.clone()));
      else used();
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
  } as Bff;
  const used = addSession(bff, browser, base, send, options);
  return bff;

  async function good(input: string | URL | Request, init?: Init): Promise<Response> {
    const response = await bff.fetch(input, init);
    if (!response.ok) throw await errorOf(response, init?.method ?? (input as Request).method);
    return response;
  }
}
