// Okta's resources that a demo and the tests need: users, apps, groups, userinfo and MyAccount.

import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { satisfies } from '#infra/local/okta/people/assurance.ts';
import { oktaError } from '#infra/local/okta/people/challenges.ts';
import { claimsByScope, claimsOf } from '#infra/local/okta/tokens/claims.ts';
import type { Access } from './access.ts';
import { page } from './paging.ts';
import { type Api, type ApiRoute, forbidden, type OktaApiCall, stepUp } from './route.ts';
import { userRoutes } from './users.ts';

const reading = ['GET', 'HEAD'];

export const routes: ApiRoute[] = [
  ...userRoutes,
  {
    methods: reading,
    path: /^\/api\/v1\/apps$/,
    scopes: ['okta.apps.read', 'okta.apps.manage'],
    answer: (call) => listing(call, call.api.directory.apps),
  },
  {
    methods: reading,
    path: /^\/api\/v1\/groups$/,
    scopes: ['okta.groups.read', 'okta.groups.manage'],
    answer: (call) => listing(call, call.api.directory.groups),
  },
  {
    methods: [...reading, 'POST'],
    path: /^\/oauth2\/(?:default\/)?v1\/userinfo$/,
    scopes: ['openid'],
    answer: ({ access }) => ({ status: 200, body: userinfo(access) }),
  },
  {
    methods: reading,
    path: /^\/idp\/myaccount\/profile$/,
    scopes: ['okta.myAccount.profile.read', 'okta.myAccount.profile.manage'],
    answer: ({ access }) => (fresh(access) ? { status: 200, body: myProfile(access) } : stepUp()),
  },
];

function listing(call: OktaApiCall, all: Api['directory']['apps' | 'groups']): OktaAnswer {
  const { api, url, rawQuery, access } = call;
  if (!access.person.admin) return forbidden();
  const found = page<{ id: string }>(all, api.org.origin, url, rawQuery);
  if (!found) return { status: 400, body: oktaError('E0000001', 'after') };
  const body = found.items.map((item) => ({
    ...item,
    _links: { self: { href: `${api.org.origin}${url.pathname}/${item.id}` } },
  }));
  return { status: 200, headers: { link: found.links }, body };
}

/** MyAccount requires a second factor within the last 15 minutes. */
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
