// The two cookies (design: section 1.2, RFC 6265bis). `__Host-` ties them to this host; `Http-` says that
// no script can have made them.
import { BrokerError } from '#core/errors.ts';
import { isSecret } from '#core/secrets.ts';
import { transactionSeconds } from '#core/sign-in.ts';
import type { HttpRequest } from './message.ts';

const sessionName = '__Host-Http-bff';
const loginPrefix = '__Host-Http-bff-login-';
const triesName = '__Host-Http-bff-tries';
const mostLogins = 5;

const sessionAttributes = 'HttpOnly; Secure; SameSite=Strict; Path=/';
const loginAttributes = 'HttpOnly; Secure; SameSite=Lax; Path=/';

export type Cookies = ReadonlyMap<string, string>;

/** Of one name there is one value: two could be somebody's who plants a second. */
export function cookiesOf({ cookies }: Pick<HttpRequest, 'cookies'>): Cookies {
  const found = new Map<string, string>();
  for (const cookie of cookies) {
    const split = cookie.indexOf('=');
    const name = (split < 0 ? cookie : cookie.slice(0, split)).trim();
    if (!name.startsWith(sessionName)) continue;
    if (found.has(name)) throw new BrokerError('bad_request', 'a cookie of ours is there twice');
    found.set(name, split < 0 ? '' : cookie.slice(split + 1).trim());
  }
  return found;
}

export const sessionCookie = (cookies: Cookies): string | undefined => cookies.get(sessionName);

export const setSessionCookie = (secret: string): string =>
  `${sessionName}=${secret}; ${sessionAttributes}`;

export const clearSessionCookie = `${sessionName}=; ${sessionAttributes}; Max-Age=0`;

export const loginCookie = (cookies: Cookies, id: string): string | undefined =>
  cookies.get(loginPrefix + id);

export const setLoginCookie = (id: string, secret: string): string =>
  `${loginPrefix}${id}=${secret}; ${loginAttributes}; Max-Age=${transactionSeconds}`;

export const clearLoginCookie = (id: string): string =>
  `${loginPrefix}${id}=; ${loginAttributes}; Max-Age=0`;

/** Browsers send the oldest first. What is cleared makes room for one more. */
export function clearOldestLogins(cookies: Cookies): string[] {
  const logins = openLogins(cookies);
  return logins.slice(0, Math.max(0, logins.length - mostLogins + 1)).map(clearLoginCookie);
}

/** Tells the sign-ins of other tabs which session to end: the Strict cookie does not come along to their callback. */
export function noteSession(cookies: Cookies, sessionId: string, finished: string): string[] {
  return openLogins(cookies).flatMap((id) => {
    const [secret = ''] = loginCookie(cookies, id)?.split('.') ?? [];
    return id !== finished && isSecret(secret) ? setLoginCookie(id, `${secret}.${sessionId}`) : [];
  });
}

const openLogins = (cookies: Cookies): string[] =>
  [...cookies.keys()]
    .filter((name) => name.startsWith(loginPrefix))
    .map((name) => name.slice(loginPrefix.length))
    .filter((id) => /^[A-Za-z0-9_-]+$/.test(id));

/** Sign-ins in a row that left the browser without a session: a loop, when there are too many. */
export const triesOf = (cookies: Cookies): number =>
  /^[1-9]$/.test(cookies.get(triesName) ?? '') ? Number(cookies.get(triesName)) : 0;

export const setTries = (tries: number): string =>
  `${triesName}=${Math.min(tries, 9)}; ${loginAttributes}; Max-Age=60`;

export const clearTries = `${triesName}=; ${loginAttributes}; Max-Age=0`;

/** The session cookie came back: it was no loop. */
export const noMoreTries = (cookies: Cookies): string[] =>
  cookies.has(triesName) ? [clearTries] : [];
