// POST /__local/sessions: a signed-in session for browser tests, without a browser at the sign-in page. It exists on
// this machine only, and no function knows of it: the gateway's process walks through the real sign-in, as ada would.
// No browser may ask, so that no page can: only programs send neither Sec-Fetch-Site nor Origin.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isOurHost } from '#infra/local/lib/hosts.ts';
import { readBody, send } from '#infra/local/okta/http.ts';
import { people } from '#infra/local/okta/index.ts';
import type { System } from '../run/system.ts';
import { SignInRefused, walkThroughSignIn } from './walk.ts';

export const sessionsPath = '/__local/sessions';

export function localSessions(system: Pick<System, 'url' | 'okta' | 'config'>): RequestListener {
  return (req, res) => {
    const why = whyNot(system, req);
    if (why) {
      req.resume();
      return send(req, res, { status: why.status, body: { error: why.error } });
    }
    return void answer(system, req, res);
  };
}

function whyNot(
  { url, okta, config }: Pick<System, 'url' | 'okta' | 'config'>,
  req: IncomingMessage,
) {
  const { origin, 'sec-fetch-site': site, 'content-type': type = '' } = req.headers;
  // A page elsewhere may have its own name point at this machine.
  if (!isOurHost(req)) return { status: 421, error: `this is at ${url}${sessionsPath}` };
  if (origin !== undefined || site !== undefined) return { status: 403, error: 'not for browsers' };
  if (req.url !== sessionsPath) return { status: 404, error: `there is only ${sessionsPath}` };
  if (req.method !== 'POST') return { status: 405, error: `POST ${sessionsPath}` };
  if (!type.startsWith('application/json')) return { status: 415, error: 'send JSON' };
  // The stand-in lets a program sign in, and it sends the browser back to this address only.
  if (!okta) return { status: 409, error: 'an issuer is configured: sign in there' };
  if (config.publicOrigin !== url)
    return { status: 409, error: `the app is at ${config.publicOrigin}` };
  return undefined;
}

async function answer(
  system: Pick<System, 'url' | 'okta' | 'config'>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const headers = { 'cache-control': 'no-store' };
  try {
    const { user, acr_values } = JSON.parse((await readBody(req)).toString() || '{}');
    const known = people.map(({ username }) => username);
    if (!known.includes(user)) throw new SignInRefused(`user must be ${known.join(', ')}`);
    const cookie = await walkThroughSignIn(system.url, user, acr_values);
    send(req, res, { status: 200, headers, body: { cookies: [cookie], origins: [] } });
  } catch (error) {
    const wrong = error instanceof SignInRefused || error instanceof SyntaxError;
    const message = wrong ? error.message : 'the sign-in failed';
    send(req, res, { status: wrong ? 400 : 502, headers, body: { error: message } });
  }
}
