// Endpoints of a local run only, below /__local/ and for pages of this origin: the stand-in's feed of calls, and
// attempts to steal from them. Tokens and proofs stay in the stand-in.
import {
  type IncomingMessage,
  type RequestListener,
  request,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { steal, type Theft, thefts } from '../okta/resource/thefts.ts';
import type { System } from '../run/system.ts';
import { anotherBrowser } from './another-browser.ts';
import { callFromAnotherSite } from './another-site.ts';
import { deviceEvents } from './device-events.ts';

const passedOn = new Set([
  'GET events',
  'DELETE events',
  'POST thefts',
  'POST nonces/rotate',
  'POST revoke',
]);

export function localFeed(
  system: Pick<System, 'url' | 'okta' | 'orders' | 'logs'>,
): RequestListener {
  const callFromAnotherBrowser = anotherBrowser(system.url);
  return (req, res) => {
    const route = `${req.method} ${req.url?.slice('/__local/'.length)}`;
    if (!isOurs(system.url, req)) return end(res, 403);
    const { cookie = '' } = req.headers;
    const attempt = {
      'GET device': async () => deviceEvents(system.logs),
      'POST orders/thefts': () => stealOrders(system, req),
      'POST another-site': () => callFromAnotherSite(system.url, cookie),
      'POST another-browser': () => callFromAnotherBrowser(cookie),
    }[route];
    if (attempt) return void tell(res, attempt());
    if (!passedOn.has(route)) return end(res, 404);
    return passOn(system.okta?.issuer ?? '', req, res);
  };
}

/** Refuses pages of other sites, and pages that reached this machine by another name. */
const isOurs = (url: string, { headers }: IncomingMessage) =>
  headers.host === new URL(url).host && headers['sec-fetch-site'] === 'same-origin';

/** Without an outcome there was nothing to try, or nobody answered. */
async function tell(res: ServerResponse, attempt: Promise<object | undefined>) {
  try {
    const outcome = await attempt;
    if (!outcome) return end(res, 409);
    res.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end(JSON.stringify(outcome));
  } catch {
    end(res, 502);
  }
}

/** The same attempts on the orders API. Its last call stays in this process. */
async function stealOrders({ orders }: Pick<System, 'orders'>, req: IncomingMessage) {
  const asked = JSON.parse((await text(req)) || '{}') as { theft?: Theft };
  const { value } = orders?.lastCall ?? {};
  if (!value || !asked.theft || !thefts.includes(asked.theft)) return undefined;
  return steal(value, asked.theft);
}

function passOn(issuer: string, req: IncomingMessage, res: ServerResponse) {
  const { accept, 'content-type': type, 'last-event-id': last } = req.headers;
  const headers = {
    ...(accept && { accept }),
    ...(type && { 'content-type': type }),
    ...(last && { 'last-event-id': last }),
  };
  const up = request(new URL(req.url ?? '', issuer), { method: req.method, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, {
      'content-type': answer.headers['content-type'] ?? 'text/plain',
      'cache-control': 'no-store',
    });
    answer.pipe(res);
  });
  up.on('error', () => end(res, 502));
  res.on('close', () => up.destroy());
  req.pipe(up);
}

function end(res: ServerResponse, status: number) {
  if (!res.headersSent) res.writeHead(status, { 'cache-control': 'no-store' });
  res.end();
}
