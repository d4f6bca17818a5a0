// The walk of a browser through a sign-in at the stand-in: redirects, two plain forms, and a jar of cookies per origin.
import { requestTo } from '#infra/local/lib/request-to.ts';
import { sampleCode } from '#infra/local/okta/people/people.ts';
import type { StorageState } from '#spa/client/testing/playwright.ts';

export class SignInRefused extends Error {
  override name = 'SignInRefused';
}

/** As Playwright's storageState has it. */
export type StoredCookie = StorageState['cookies'][number];

const sessionName = '__Host-Http-bff';
const mostSteps = 20;

export async function walkThroughSignIn(
  broker: string,
  user: string,
  acrValues?: string,
): Promise<StoredCookie> {
  const jars = new Map<string, Map<string, string>>();
  const forms = [{ sample: user }, { code: sampleCode }];
  const login = new URL('/bff/login', broker);
  if (acrValues) login.searchParams.set('acr_values', acrValues);
  let url = login;
  let form: Record<string, string> | undefined;
  for (let step = 0; step < mostSteps; step++) {
    const { status, location, cookies } = await visit(jars, url, form);
    form = undefined;
    const session = cookies.find((line) => line.startsWith(`${sessionName}=`));
    if (session && url.origin === login.origin) return storedCookie(session, url);
    if (location) {
      url = new URL(location, url);
      const failure = url.origin === login.origin && url.searchParams.get('login_error');
      if (failure) throw new SignInRefused(`the sign-in ended with ${failure}`);
    } else if (url.origin === login.origin) {
      throw new SignInRefused(`${url.pathname} answered ${status}`);
    } else {
      form = forms.shift();
      if (!form) throw new SignInRefused('the stand-in wants more than a name and a code');
    }
  }
  throw new SignInRefused('the sign-in does not end');
}

async function visit(
  jars: Map<string, Map<string, string>>,
  url: URL,
  form: Record<string, string> | undefined,
): Promise<Seen> {
  const jar = jars.get(url.origin) ?? new Map<string, string>();
  jars.set(url.origin, jar);
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const seen = await navigate(url, cookie, form && new URLSearchParams(form).toString());
  for (const line of seen.cookies) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    jar.set(name, value);
  }
  return seen;
}

interface Seen {
  status: number;
  location: string | undefined;
  cookies: string[];
}

/** Not by `fetch`, which marks its requests as those of a script. */
const navigate = (url: URL, cookie: string, form: string | undefined): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const headers = {
      accept: 'text/html',
      // As when a person opens a page.
      'sec-fetch-site': 'none',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      cookie,
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const call = requestTo(url, { method: form ? 'POST' : 'GET', headers }, (answer) => {
      const { statusCode = 0, headers: got } = answer;
      resolve({ status: statusCode, location: got.location, cookies: got['set-cookie'] ?? [] });
      answer.resume();
    });
    call.on('error', reject).end(form);
  });

function storedCookie(line: string, { hostname }: URL): StoredCookie {
  const [pair = '', ...attributes] = line.split(/; */);
  const named = (name: string) =>
    attributes.find((attribute) => attribute.toLowerCase().startsWith(name));
  const seconds = Number(named('max-age=')?.slice('max-age='.length));
  return {
    name: pair.slice(0, pair.indexOf('=')),
    value: pair.slice(pair.indexOf('=') + 1),
    domain: hostname,
    path: '/',
    expires: seconds > 0 ? Math.floor(Date.now() / 1000) + seconds : -1,
    httpOnly: named('httponly') !== undefined,
    secure: named('secure') !== undefined,
    sameSite: (named('samesite=')?.slice('samesite='.length) ?? 'Lax') as StoredCookie['sameSite'],
  };
}
