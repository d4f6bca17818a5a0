// Okta's management API, userinfo and MyAccount on the wire: who may call, and Okta's rate-limit headers, ETags, error
// bodies and statuses.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OktaAnswer, readBody, send } from '#infra/local/okta/http.ts';
import { oktaError } from '#infra/local/okta/people/challenges.ts';
import { requestId } from '#infra/local/okta/server/endpoint-middleware.ts';
import { type Access, judge } from './access.ts';
import { noteCall } from './call-events.ts';
import { apiFault } from './faults.ts';
import { type Api, type ApiRoute, notFound } from './route.ts';
import { routes } from './routes.ts';

const isApi = /^\/(?:api\/|idp\/myaccount\/|oauth2\/(?:default\/)?v1\/userinfo$)/;

export const servesApi = (path: string): boolean => isApi.test(path);

export async function handleApi(
  api: Api,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const url = new URL(req.url ?? '/', api.org.origin);
  const outcome = await answerTo(api, req, res, url);
  if (outcome === 'gone') return;
  const { answer, user } = outcome;
  const { error, description } = answer as { error?: string; description?: string };
  const { errorCode } = (answer.body ?? {}) as { errorCode?: string };
  const named = error ?? (answer.status >= 400 ? errorCode : undefined);
  const { events } = api.org;
  await noteCall(events, api.server.name, req, { ...answer, error: named, description, user });
  const headers = { 'x-okta-request-id': requestId(), 'cache-control': 'no-cache, no-store' };
  send(req, res, { ...answer, headers: { ...headers, ...answer.headers } });
}

async function answerTo(
  api: Api,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<{ answer: OktaAnswer; user?: string } | 'gone'> {
  const { org, server, replays } = api;
  const method = req.method ?? 'GET';
  const here = routes.filter(({ path }) => path.test(url.pathname));
  const route = here.find(({ methods }) => methods.includes(method));
  const scopes = (route ?? here[0])?.scopes ?? ['okta.users.read.self'];

  if (lengthMissing(req)) return { answer: { status: 411 } };
  const body = await readBody(req);
  const verdict = await judge({ settings: org.settings, server, replays }, req, url, scopes);
  if (verdict.kind === 'refused') return { answer: verdict.refusal };
  const { access } = verdict;
  const user = access.person.username;
  const [, token = ''] = (req.headers.authorization ?? '').split(' ');
  api.lastCall.value = { method, url: url.href, token, proof: String(req.headers.dpop) };

  const { allowed, headers } = api.rates.count(access, url.pathname);
  const fault = await apiFault(api, req, res, url);
  if (fault === 'gone') return fault;
  const found = () => resource(api, req, url, { route, known: here.length > 0, access, body });
  const limited = { status: 429, body: oktaError('E0000047') };
  const answer: OktaAnswer = fault ?? (allowed ? found() : limited);
  return { answer: { ...answer, headers: { ...headers, ...answer.headers } }, user };
}

/** Okta requires a Content-Length, even for an empty body. */
const lengthMissing = ({ method = '', headers }: IncomingMessage) =>
  ['POST', 'PUT'].includes(method) &&
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined;

interface Asked {
  route: ApiRoute | undefined;
  /** The path exists, perhaps with other methods. */
  known: boolean;
  access: Access;
  body: Buffer;
}

function resource(api: Api, req: IncomingMessage, url: URL, asked: Asked): OktaAnswer {
  const { route, known, access, body } = asked;
  if (!route) return known ? { status: 405, body: oktaError('E0000022') } : notFound(url.pathname);
  const raw = req.url ?? '';
  const answer = route.answer({
    api,
    method: req.method ?? 'GET',
    url,
    rawQuery: raw.includes('?') ? raw.slice(raw.indexOf('?')) : '',
    access,
    params: (route.path.exec(url.pathname) ?? []).slice(1),
    body,
  });
  return tagged(req, answer);
}

/** Single resources have an ETag and answer 304. */
function tagged(req: IncomingMessage, answer: OktaAnswer): OktaAnswer {
  if (answer.status !== 200 || !['GET', 'HEAD'].includes(req.method ?? '')) return answer;
  if (Array.isArray(answer.body) || answer.body === undefined) return answer;
  const digest = createHash('sha256').update(JSON.stringify(answer.body)).digest('base64url');
  const etag = `W/"${digest.slice(0, 16)}"`;
  const headers = { ...answer.headers, etag };
  return req.headers['if-none-match'] === etag ? { status: 304, headers } : { ...answer, headers };
}
