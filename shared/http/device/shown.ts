// What a request shows for its session: both cookies, and why the browser has no newer one.
import type { Shown } from '#core/session/use.ts';
import { type Cookies, deviceCookie } from '#http/cookies.ts';
import type { HttpRequest } from '#http/message.ts';

/** `secret` is the value of the session cookie. */
export const shownBy = (
  { headers }: Pick<HttpRequest, 'headers'>,
  cookies: Cookies,
  secret: string,
): Shown => ({
  secret,
  deviceCookie: deviceCookie(cookies),
  skipped: reasons.find((reason) => headers['secure-session-skipped']?.startsWith(reason)),
});

const reasons = ['unreachable', 'server_error', 'quota_exceeded'] as const;
