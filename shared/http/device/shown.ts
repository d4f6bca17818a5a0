// What a request shows for its session: both cookies, and why the browser has no newer one.
import { sha256 } from '#core/lib/encoding.ts';
import type { Shown } from '#core/session/use.ts';
import { type Cookies, deviceCookie } from '#http/cookies.ts';
import type { HttpRequest } from '#http/message.ts';

/** `secret` is the value of the session cookie. */
export function shownBy(
  { headers }: Pick<HttpRequest, 'headers'>,
  cookies: Cookies,
  secret: string,
): Shown {
  const device = deviceCookie(cookies);
  return {
    secret,
    deviceHash: device && sha256(device),
    skipped: reasons.find((reason) => headers['secure-session-skipped']?.startsWith(reason)),
  };
}

const reasons = ['unreachable', 'server_error', 'quota_exceeded'] as const;
