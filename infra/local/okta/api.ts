// Okta's management API, userinfo and MyAccount, as far as a demo and the tests need them: shapes, roles, pages,
// rate-limit headers, ETags and error bodies as Okta has them (OKT-28 to 39).
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Access, judge } from './access.ts';
import { apiFault } from './api-faults.ts';
import { type Api, type ApiRoute, type Call, forbidden, notFound, stepUp } from './api-route.ts';
import { satisfies } from './assurance.ts';
import { oktaError } from './challenges.ts';
import { claimsByScope, claimsOf } from './claims.ts';
import { redactAll, seenProof } from './events.ts';
import { type Answer, readBody, send } from './http.ts';
import { requestId } from './okta-ways.ts';
import { page } from './paging.ts';
import { userRoutes } from './users.ts';

const listing =
  (what: 'apps' | 'groups', describe: (item: { id: string }, origin: string) => object) =>
  ({ api, url, rawQuery, access }: Call): Answer => {
    if (!access.person.admin) return forbidden();
    const found = page(api.directory[what] as { id: string }[], api.org.origin, url, rawQuery);
    if (!found) return { status: 400, body: oktaError('E0000001', 'after') };
    const body = found.items.map((item) => describe(item, api.org.origin));
    return { status: 200, headers: { link: found.links }, body };
  };

const linked = (path: string) => (item: { id: string }, origin: string) => ({
  ...item,
  _links: { self: { href: `${origin}${path}/${item.id}` } },
});

const routes: ApiRoute[] = [
  ...userRoutes,
  {
    methods: ['GET', 'HEAD'],
    path: /^\/api\/v1\/apps$/,
    scopes: ['okta.apps.read'],
    answer: listing('apps', linked('/api/v1/apps')),
  },
  {
    methods: ['GET', 'HEAD'],
    path: /^\/api\/v1\/groups$/,
    scopes: ['okta.groups.read'],
    answer: listing('groups', linked('/api/v1/groups')),
  },
  {
    methods: ['GET', 'HEAD', 'POST'],
    path: /^\/oauth2\/(?:default\/)?v1\/userinfo$/,
    scopes: ['openid'],
    answer: ({ access }) => ({ status: 200, body: userinfo(access) }),
  },
  {
    methods: ['GET', 'HEAD'],
    path: /^\/idp\/myaccount\/profile$/,
    scopes: ['okta.myAccount.profile.read', 'okta.myAccount.profile.manage'],
    answer: ({ access }) => (fresh(access) ? { status: 200, body: myProfile(access) } : stepUp()),
  },
];

/** MyAccount asks for a second factor within the last quarter of an hour (SU-4). */
const fresh = ({ acr, authTime }: Access) =>
  satisfies(acr, 'urn:okta:loa:2fa:any') && Date.now() / 1000 - authTime <= 900;

const myProfile = ({ person: { firstName, lastName, email } }: Access) => ({
  profile: { firstName, lastName, email, login: email },
});

function userinfo({ person, scopes }: Access): Record<string, unknown> {
  const all = claimsOf(person.id);
  const names = Object.entries(claimsByScope).flatMap(([scope, claims]) =>
    scopes.has(scope) ? claims : [],
  );
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

const isApi = /^\/(?:api\/|idp\/myaccount\/|oauth2\/(?:default\/)?v1\/userinfo$)/;

export const servesApi = (path: string): boolean => isApi.test(path);

export async function handleApi(
  api: Api,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const url = new URL(req.url ?? '/', api.org.origin);
  const answer = await answerTo(api, req, res, url);
  if (!answer) return;
  const headers = { 'x-okta-request-id': requestId(), 'cache-control': 'no-cache, no-store' };
  send(req, res, { ...answer, headers: { ...headers, ...answer.headers } });
  const { error, description } = answer as { error?: string; description?: string };
  const errorCode = (answer.body as { errorCode?: string } | undefined)?.errorCode;
  const named = error ?? (answer.status >= 400 ? errorCode : undefined);
  const proof = await seenProof(req.headers.dpop as string | undefined);
  const [scheme, token] = (req.headers.authorization ?? '').split(' ');
  const secrets = redactAll({ access_token: token });
  api.org.events.add({
    kind: 'api',
    server: api.server.name,
    method: req.method ?? '',
    path: url.pathname,
    status: answer.status,
    ...(named ? { error: named } : {}),
    ...(description ? { description } : {}),
    ...(scheme ? { scheme } : {}),
    ...(proof ? { proof } : {}),
    ...(secrets ? { secrets } : {}),
  });
}

async function answerTo(
  api: Api,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<Answer | undefined> {
  const { org, server, replays } = api;
  const method = req.method ?? 'GET';
  const here = routes.filter(({ path }) => path.test(url.pathname));
  const route = here.find(({ methods }) => methods.includes(method));
  const scopes = route?.scopes ?? here[0]?.scopes ?? ['okta.users.read.self'];

  const lengthless =
    req.headers['content-length'] === undefined && !req.headers['transfer-encoding'];
  if (['POST', 'PUT'].includes(method) && lengthless) return { status: 411 };
  const body = await readBody(req);
  const verdict = await judge({ settings: org.settings, server, replays }, req, url, scopes);
  if (verdict.kind === 'refused') return verdict.refusal;
  const { access } = verdict;
  const [, token = ''] = (req.headers.authorization ?? '').split(' ');
  api.lastCall.value = { method, url: url.href, token, proof: String(req.headers.dpop) };

  const limited = api.rates.count(access, url.pathname);
  const fault = await apiFault(api, req, res, url);
  if (fault === 'gone') return undefined;
  const answer =
    fault ??
    (!limited.allowed
      ? { status: 429, body: oktaError('E0000047') }
      : !route
        ? here.length > 0
          ? { status: 405, body: oktaError('E0000022') }
          : notFound(url.pathname)
        : tagged(
            req,
            route.answer({
              api,
              method,
              url,
              rawQuery: rawQueryOf(req),
              access,
              params: (route.path.exec(url.pathname) ?? []).slice(1),
              body,
            }),
          ));
  return { ...answer, headers: { ...limited.headers, ...answer.headers } };
}

const rawQueryOf = (req: IncomingMessage) => {
  const at = (req.url ?? '').indexOf('?');
  return at < 0 ? '' : (req.url ?? '').slice(at);
};

/** Single resources have an ETag and answer 304. */
function tagged(req: IncomingMessage, answer: Answer): Answer {
  if (answer.status !== 200 || !['GET', 'HEAD'].includes(req.method ?? '')) return answer;
  if (Array.isArray(answer.body) || answer.body === undefined) return answer;
  const digest = createHash('sha256').update(JSON.stringify(answer.body)).digest('base64url');
  const etag = `W/"${digest.slice(0, 16)}"`;
  const headers = { ...answer.headers, etag };
  return req.headers['if-none-match'] === etag ? { status: 304, headers } : { ...answer, headers };
}
