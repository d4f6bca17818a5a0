// A thief with a copy of every cookie, in a browser of their own: it labels its requests as the page's own, and only a
// key that did not come along can tell the two apart.
import { type Answered, callTheBroker } from './another-site.ts';

/** What was taken at the first attempt is tried at each later one, until there is another session. */
export function anotherBrowser(gatewayUrl: string): (cookie: string) => Promise<Answered> {
  let taken = '';
  return (cookie) => {
    if (sessionOf(taken) !== sessionOf(cookie)) taken = cookie;
    return callTheBroker(gatewayUrl, { cookie: taken, 'sec-fetch-site': 'same-origin' });
  };
}

const sessionOf = (cookie: string) => /(?:^|; )__Host-Http-bff=([^;]*)/.exec(cookie)?.[1];
