// Okta's Users API. An administrator sees everybody; all others see only themselves.

import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { oktaError } from '#infra/local/okta/people/challenges.ts';
import type { DirectoryUser } from '#infra/local/okta/people/directory.ts';
import { page } from './paging.ts';
import { type ApiRoute, forbidden, notFound, type OktaApiCall } from './route.ts';

const read = ['okta.users.read.self', 'okta.users.read', 'okta.users.manage'];
const write = ['okta.users.manage.self', 'okta.users.manage'];

export const userRoutes: ApiRoute[] = [
  { methods: ['GET', 'HEAD'], path: /^\/api\/v1\/users$/, scopes: read, answer: list },
  { methods: ['GET', 'HEAD'], path: /^\/api\/v1\/users\/([^/]+)$/, scopes: read, answer: one },
  { methods: ['POST', 'PUT'], path: /^\/api\/v1\/users\/([^/]+)$/, scopes: write, answer: update },
  {
    methods: ['GET', 'HEAD'],
    path: /^\/api\/v1\/users\/([^/]+)\/appLinks$/,
    scopes: read,
    answer: appLinks,
  },
  {
    methods: ['POST'],
    path: /^\/api\/v1\/users\/([^/]+)\/lifecycle\/(activate|deactivate|suspend|unsuspend)$/,
    scopes: ['okta.users.manage'],
    answer: lifecycle,
  },
];

function list({ api, url, rawQuery, access }: OktaApiCall): OktaAnswer {
  if (!access.person.admin) return forbidden();
  const q = url.searchParams.get('q')?.toLowerCase() ?? '';
  const matching = api.directory.users.filter(({ profile: { firstName, lastName, email } }) =>
    [firstName, lastName, email].some((text) => text?.toLowerCase().startsWith(q)),
  );
  const found = page(matching, api.org.origin, url, rawQuery);
  if (!found) {
    const cause = `after: ${url.searchParams.get('after')}`;
    return { status: 400, body: oktaError('E0000001', 'after', [cause]) };
  }
  const body = found.items.map((user) => shown(user, api.org.origin));
  return { status: 200, headers: { link: found.links }, body };
}

function one(call: OktaApiCall): OktaAnswer {
  const user = theUser(call);
  return 'profile' in user ? { status: 200, body: shown(user, call.api.org.origin) } : user;
}

function update(call: OktaApiCall): OktaAnswer {
  const user = theUser(call);
  if (!('profile' in user)) return user;
  let profile: unknown;
  try {
    ({ profile } = JSON.parse(call.body.toString()));
  } catch {
    return { status: 400, body: oktaError('E0000003') };
  }
  if (typeof profile !== 'object' || profile === null) {
    return { status: 400, body: oktaError('E0000001', 'profile', ['profile: may not be empty']) };
  }
  Object.assign(user.profile, profile);
  user.lastUpdated = new Date().toISOString();
  return { status: 200, body: shown(user, call.api.org.origin) };
}

const statuses: Record<string, string> = {
  activate: 'ACTIVE',
  deactivate: 'DEPROVISIONED',
  suspend: 'SUSPENDED',
  unsuspend: 'ACTIVE',
};

function lifecycle(call: OktaApiCall): OktaAnswer {
  const user = theUser(call);
  if (!('profile' in user)) return user;
  user.status = statuses[call.params[1] ?? ''] ?? user.status;
  return { status: 200, body: {} };
}

/** Everybody is assigned to every app of the sample org. */
function appLinks(call: OktaApiCall): OktaAnswer {
  const user = theUser(call);
  if (!('profile' in user)) return user;
  const { directory, org } = call.api;
  const body = directory.apps.map(({ id, name, label }, sortOrder) => ({
    id: `${user.id}-${id}`,
    label,
    linkUrl: `${org.origin}/home/${name}/${id}/1`,
    logoUrl: `${org.origin}/logo.png`,
    appName: name,
    appInstanceId: id,
    appAssignmentId: `0ua-${id}`,
    credentialsSetup: false,
    hidden: false,
    sortOrder,
  }));
  return { status: 200, body };
}

/** By id, login or `me`. Only an administrator learns whether another user exists. */
function theUser({ api, access, params }: OktaApiCall): DirectoryUser | OktaAnswer {
  let name: string;
  try {
    name = decodeURIComponent(params[0] ?? '');
  } catch {
    return notFound('user');
  }
  const id = name === 'me' ? access.person.id : name;
  const user = api.directory.users.find((one) => one.id === id || one.profile.login === id);
  if (!access.person.admin && user?.id !== access.person.id) return forbidden();
  return user ?? notFound(`${name} (User)`);
}

const shown = (user: DirectoryUser, origin: string) => ({
  ...user,
  activated: user.created,
  statusChanged: user.created,
  lastLogin: null,
  passwordChanged: user.created,
  type: { id: 'oty8sampletype00000' },
  credentials: { password: {}, provider: { type: 'OKTA', name: 'OKTA' } },
  _links: { self: { href: `${origin}/api/v1/users/${user.id}` } },
});
