// The headers of Device Bound Session Credentials (https://w3c.github.io/webappsec-dbsc/). The browser goes by the status:
// 403 asks for a proof, any other 4xx but 429 makes it forget the session, and after 5xx it tries again later.
import {
  challengeOf,
  type DeviceAnswer,
  type DeviceAsked,
  deviceAlgs,
} from '#core/device/device.ts';
import { BrokerError } from '#core/errors.ts';
import type { DeviceBinding } from '#core/ports.ts';
import { json } from '#http/answers.ts';
import { boundCookie, setDeviceCookie } from '#http/cookies.ts';
import type { HttpAnswer, HttpRequest } from '#http/message.ts';
import { requireOwnBrowser } from '#http/origin.ts';

/** Asks the browser to make a key for the session of this id. */
export const askForKey = (
  session: string,
  offered: DeviceBinding | undefined,
): Record<string, string> =>
  offered
    ? {
        'secure-session-registration': `(${deviceAlgs.join(' ')});path="/bff/device/register";challenge="${challengeOf(session, offered)}"`,
      }
    : {};

export function deviceAsked(
  request: HttpRequest,
  secret: string | undefined,
  publicOrigin: string,
): DeviceAsked {
  requireOwnBrowser(request, publicOrigin);
  if (request.body?.byteLength) throw new BrokerError('bad_request', 'a proof has no body');
  return {
    secret,
    proof: unquoted(request.headers['secure-session-response']),
    deviceSession: unquoted(request.headers['sec-secure-session-id']),
  };
}

export function deviceAnswer(
  { deviceSession, challenge, cookie }: DeviceAnswer,
  publicOrigin: string,
): HttpAnswer {
  const headers = { 'secure-session-challenge': `"${challenge}";id="${deviceSession}"` };
  if (cookie === undefined) return { status: 403, headers };
  const { name, attributes } = boundCookie;
  return json(
    {
      session_identifier: deviceSession,
      refresh_url: `${publicOrigin}/bff/device/refresh`,
      scope: { include_site: false },
      credentials: [{ type: 'cookie', name, attributes }],
    },
    { headers, cookies: [setDeviceCookie(cookie)] },
  );
}

/** A string of a structured field (RFC 9651 section 3.3.3), or a bare one. */
const unquoted = (field: string | undefined): string | undefined =>
  field?.replace(/^"(.*)"$/, '$1');
