// Our cookies (RFC 6265bis). `__Host-` ties them to this host; `Http-` promises that no script has made them.
//
// Browsers keep these promises for names as bytes. A sibling subdomain can set a cookie for the whole domain with a
// Unicode blank in front of our name: here it must stay a different name, and cause no error.
import { BrokerError } from '#core/errors.ts';
import { boundSeconds } from '#core/session/use.ts';
import {
  loginCookieValue,
  parseLoginCookie,
  transactionSeconds,
} from '#core/sign-in/transaction.ts';
import type { HttpRequest } from './message.ts';

const sessionName = '__Host-Http-bff';
const loginPrefix = '__Host-Http-bff-login-';
const triesName = '__Host-Http-bff-tries';
/** Chromium accepts no `Http-` in the name of a bound cookie. */
const deviceName = '__Host-bff-device';
const mostLogins = 5;

const sessionAttributes = 'HttpOnly; Secure; SameSite=Strict; Path=/';
const loginAttributes = 'HttpOnly; Secure; SameSite=Lax; Path=/';

export type Cookies = ReadonlyMap<string, string>;

/** Refuses two cookies of one name: somebody may have planted one of them. */
export function cookiesOf({ cookies }: Pick<HttpRequest, 'cookies'>): Cookies {
  const found = new Map<string, string>();
  for (const cookie of cookies) {
    const split = cookie.indexOf('=');
    // A browser reads text without `=` as a value without a name.
    if (split < 0) continue;
    const name = trimmed(cookie.slice(0, split));
    if (!ours.test(name)) continue;
    if (found.has(name)) throw new BrokerError('bad_request', 'a cookie of ours is listed twice');
    found.set(name, trimmed(cookie.slice(split + 1)));
  }
  return found;
}

const ours = /^__Host-(Http-bff(-tries|-login-[A-Za-z0-9_-]+)?|bff-device)$/;

/** Browsers put only SP and HTAB around a name or a value. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (start < end && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t';

export const sessionCookie = (cookies: Cookies): string | undefined => cookies.get(sessionName);

export const setSessionCookie = (secret: string): string =>
  `${sessionName}=${secret}; ${sessionAttributes}`;

/**
 * Only used at sign-out: any other late answer would clear the cookie of a session that began meanwhile in another tab.
 * A cookie that opens nothing does no harm, and the next sign-in replaces it.
 */
export const clearSessionCookie = `${sessionName}=; ${sessionAttributes}; Max-Age=0`;

export const deviceCookie = (cookies: Cookies): string | undefined => cookies.get(deviceName);

/** As the browser is told in words: it refuses a cookie that is not as it was announced. */
export const boundCookie = { name: deviceName, attributes: sessionAttributes };

export const setDeviceCookie = (value: string): string =>
  `${deviceName}=${value}; ${sessionAttributes}; Max-Age=${boundSeconds}`;

export const clearDeviceCookie = `${deviceName}=; ${sessionAttributes}; Max-Age=0`;

export const loginCookie = (cookies: Cookies, id: string): string | undefined =>
  cookies.get(loginPrefix + id);

export const setLoginCookie = (id: string, secret: string): string =>
  `${loginPrefix}${id}=${secret}; ${loginAttributes}; Max-Age=${transactionSeconds}`;

export const clearLoginCookie = (id: string): string =>
  `${loginPrefix}${id}=; ${loginAttributes}; Max-Age=0`;

/** Browsers send the oldest first. Clearing old ones makes room for one more. */
export function clearOldestLogins(cookies: Cookies): string[] {
  const logins = openLogins(cookies);
  return logins.slice(0, Math.max(0, logins.length - mostLogins + 1)).map(clearLoginCookie);
}

/** Tells the sign-ins of other tabs which session to end: the Strict cookie is not sent to their callback. */
export function noteSession(cookies: Cookies, sessionId: string, finished: string): string[] {
  return openLogins(cookies).flatMap((id) => {
    const cookie = parseLoginCookie(loginCookie(cookies, id));
    if (id === finished || !cookie) return [];
    return setLoginCookie(id, loginCookieValue({ ...cookie, session: sessionId }));
  });
}

const openLogins = (cookies: Cookies): string[] =>
  [...cookies.keys()]
    .filter((name) => name.startsWith(loginPrefix))
    .map((name) => name.slice(loginPrefix.length));

/**
 * The digit counts the sign-ins in a row that left the browser without a session; 4 more means that the last one
 * failed.
 */
const failedDigit = 4;

const triesDigit = (cookies: Cookies): number =>
  /^[1-9]$/.test(cookies.get(triesName) ?? '') ? Number(cookies.get(triesName)) : 0;

/** Too many mean a loop. */
export const triesOf = (cookies: Cookies): number => {
  const digit = triesDigit(cookies);
  return digit > failedDigit ? digit - failedDigit : digit;
};

/** Otherwise the sign-in went well, and the browser did not keep its session. */
export const lastTryFailed = (cookies: Cookies): boolean => triesDigit(cookies) > failedDigit;

export const setTries = (tries: number, failed = false): string => {
  const digit = Math.min(tries, failedDigit) + (failed ? failedDigit : 0);
  return `${triesName}=${digit}; ${loginAttributes}; Max-Age=60`;
};

export const clearTries = `${triesName}=; ${loginAttributes}; Max-Age=0`;

/** The session cookie came back, so there was no loop. */
export const noMoreTries = (cookies: Cookies): string[] =>
  cookies.has(triesName) ? [clearTries] : [];
