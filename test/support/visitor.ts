// A browser of a few lines over node:http: cookies with their SameSite rules, redirects, and the Fetch
// Metadata that Chromium sends. What only a real browser can show is in test/e2e.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface Answer {
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  cookies: string[];
  body: Buffer;
  text: string;
  json: <T = Record<string, unknown>>() => T;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

interface Cookie {
  value: string;
  sameSite: string;
}

/**
 * `reach`: where DNS and TLS lead, for an origin that is not on this machine. `seen` gets every answer, also those that lead
 * elsewhere.
 */
export function visitor(
  origin: string,
  reach = (url: URL) => url,
  seen: (answer: Answer) => void = () => {},
) {
  /** By host and name: ports share cookies. */
  const jar = new Map<string, Map<string, Cookie>>();
  const jarOf = (url: URL) => {
    const known = jar.get(url.hostname) ?? new Map<string, Cookie>();
    jar.set(url.hostname, known);
    return known;
  };

  async function send(url: URL, ask: Ask, crossSite = false, topLevel = false): Promise<Answer> {
    const cookies = [...jarOf(url)]
      .filter(([, { sameSite }]) => {
        if (!crossSite || sameSite === 'none') return true;
        return topLevel && sameSite === 'lax' && !ask.body;
      })
      .map(([name, { value }]) => `${name}=${value}`);
    const answer = await exchange(url, reach(url), {
      ...ask,
      headers: { ...(cookies.length > 0 && { cookie: cookies.join('; ') }), ...ask.headers },
    });
    for (const line of answer.cookies) keep(jarOf(url), line);
    seen(answer);
    return answer;
  }

  /** A top-level navigation, as from `from`, followed over redirects until `until` says stop. */
  async function navigate(
    to: string,
    {
      from = origin,
      form,
      headers = {},
      until = () => false,
    }: {
      from?: string | undefined;
      form?: Record<string, string>;
      headers?: Record<string, string>;
      until?: (next: URL) => boolean;
    } = {},
  ): Promise<Answer> {
    let url = new URL(to, origin);
    let ask: Ask = form ? formOf(form, new URL(from)) : {};
    // A redirect chain is as foreign as its most foreign part.
    let site = siteBetween(new URL(from), url);
    for (let hops = 0; hops < 20; hops++) {
      const answer = await send(
        url,
        {
          ...ask,
          headers: {
            'sec-fetch-site': site,
            'sec-fetch-mode': 'navigate',
            'sec-fetch-dest': 'document',
            accept: 'text/html,application/xhtml+xml',
            ...headers,
            ...ask.headers,
          },
        },
        site === 'cross-site',
        true,
      );
      const location = answer.headers.location;
      if (!location) return answer;
      const next = new URL(location, url);
      if (until(next)) return answer;
      if (siteBetween(url, next) === 'cross-site') site = 'cross-site';
      url = next;
      ask = {};
    }
    throw new Error('too many redirects');
  }

  return {
    jar,
    /** The value of one of the origin's cookies. */
    cookie: (name: string) => jarOf(new URL(origin)).get(name)?.value,
    cookieNames: () => [...jarOf(new URL(origin)).keys()],
    plant: (name: string, value: string) =>
      jarOf(new URL(origin)).set(name, { value, sameSite: 'strict' }),
    forget: (name: string) => jarOf(new URL(origin)).delete(name),
    navigate,
    send: (to: string, ask: Ask = {}) => send(new URL(to, origin), ask),
    /** What the page's own script asks. */
    fetch: (to: string, ask: Ask = {}) =>
      send(new URL(to, origin), {
        ...ask,
        headers: {
          'x-bff-csrf': '1',
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'cors',
          'sec-fetch-dest': 'empty',
          ...ask.headers,
        },
      }),
    /** Goes through the sign-in page; the answer is where the browser ends up. */
    async signIn(
      user = 'ada',
      { login = '/bff/login', factor }: { login?: string; factor?: Record<string, string> } = {},
    ): Promise<Answer> {
      let page = await navigate(login);
      if (page.url.origin === origin) return page;
      for (const form of [{ sample: user }, factor]) {
        if (form && page.url.origin !== origin) {
          page = await navigate(page.url.href, { from: page.url.origin, form });
        }
      }
      return page;
    },
  };
}

export type Visitor = ReturnType<typeof visitor>;

function keep(jar: Map<string, Cookie>, line: string): void {
  const [pair = '', ...attributes] = line.split(/; ?/);
  const split = pair.indexOf('=');
  const [name, value] = [pair.slice(0, split), pair.slice(split + 1)];
  const attribute = (wanted: string) =>
    attributes.find((one) => one.toLowerCase().startsWith(wanted))?.slice(wanted.length);
  const over =
    attribute('max-age=') === '0' || Date.parse(attribute('expires=') ?? '') < Date.now();
  jar.delete(name);
  if (!over) jar.set(name, { value, sameSite: attribute('samesite=')?.toLowerCase() ?? 'lax' });
}

function siteBetween(from: URL, to: URL): string {
  if (from.origin === to.origin) return 'same-origin';
  return from.hostname === to.hostname ? 'same-site' : 'cross-site';
}

function formOf(form: Record<string, string>, from: URL): Ask {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: from.origin },
    body: new URLSearchParams(form).toString(),
  };
}

function exchange(url: URL, at: URL, { method = 'GET', headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpRequest(
      at,
      { method, headers: { host: url.host, ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString('utf8');
          resolve({
            url,
            status: response.statusCode ?? 0,
            headers: response.headers,
            cookies: response.headers['set-cookie'] ?? [],
            body: bytes,
            text,
            json: <T>() => JSON.parse(text) as T,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
