// A sign-in in steps, for tests of what may happen between them.
import type { Answer, Visitor } from './visitor.ts';

const isCallback = (url: URL) => url.pathname === '/bff/callback';

/** Starts one and stops before the browser leaves: the URL where it would go. */
export async function begin(visit: Visitor, login = '/bff/login'): Promise<URL> {
  const answer = await visit.navigate(login, { until: (next) => next.pathname !== '/bff/login' });
  if (!answer.headers.location) throw new Error(`nothing began: ${answer.status} ${answer.text}`);
  return new URL(answer.headers.location, answer.url);
}

/** Signs in at the authorization server and stops before the callback: its URL. */
export async function signInThere(
  visit: Visitor,
  authorization: URL,
  { user = 'ada', from, factor }: { user?: string; from?: string; factor?: object } = {},
): Promise<URL> {
  const until = isCallback;
  let answer = await visit.navigate(authorization.href, { from, until });
  for (const form of [{ sample: user }, factor]) {
    if (answer.headers.location || !form) break;
    const { href, origin } = answer.url;
    answer = await visit.navigate(href, { from: origin, form: { ...form }, until });
  }
  if (!answer.headers.location) throw new Error(`no way back: ${answer.status} ${answer.text}`);
  return new URL(answer.headers.location, answer.url);
}

/** Both of these: the callback's URL, which nobody has visited yet. */
export const untilCallback = async (
  visit: Visitor,
  login?: string,
  more?: Parameters<typeof signInThere>[2],
): Promise<URL> => signInThere(visit, await begin(visit, login), more);

/** The callback as a browser reaches it, from the authorization server; the answer itself. */
export const callback = (visit: Visitor, url: URL): Promise<Answer> =>
  visit.navigate(url.href, { from: 'http://127.0.0.1:1', until: () => true });

/** The same, and on to where it leads. */
export const arrive = (visit: Visitor, url: URL): Promise<Answer> =>
  visit.navigate(url.href, { from: 'http://127.0.0.1:1' });
