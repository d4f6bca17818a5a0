// The parameters that /bff/login accepts: an allow-list, each at most once, so that nobody can inject others.
import { BrokerError } from '#core/errors.ts';
import { safeReturnTo } from './return-to.ts';

export interface LoginParameters {
  returnTo: string;
  /** Passed on to the authorization endpoint under the same name. */
  passedOn: Record<string, string>;
  maxAge?: number;
  acrValues?: string;
  /** The authorization server started the sign-in, and named itself. */
  byIssuer: boolean;
}

const printable = /^[\x20-\x7e\u00a0-\uffff]+$/;

const passedOn: Record<string, (value: string) => boolean> = {
  prompt: (value) =>
    value
      .split(' ')
      .every((word) => /^(none|login|consent|select_account|enroll_authenticator)$/.test(word)),
  login_hint: (value) => value.length <= 320 && printable.test(value),
  max_age: (value) => /^(0|[1-9]\d{0,8})$/.test(value),
  acr_values: (value) =>
    value.length <= 500 && /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(value),
  ui_locales: (value) => value.length <= 200 && /^[A-Za-z0-9-]+( [A-Za-z0-9-]+)*$/.test(value),
  idp: (value) => value.length <= 200 && /^[A-Za-z0-9._~-]+$/.test(value),
};

export const loginParameters: readonly string[] = ['return_to', ...Object.keys(passedOn)];

export interface LoginPolicy {
  publicOrigin: string;
  issuer: string;
  /** Also accepts `iss` and `target_link_uri`, the names in OpenID Connect Core section 4. */
  thirdPartyLogin: boolean;
}

export function parseLogin(query: URLSearchParams, policy: LoginPolicy): LoginParameters {
  const parameters: LoginParameters = { returnTo: '/', passedOn: {}, byIssuer: false };
  const seen = new Set<string>();
  for (const [name, value] of query) {
    if (seen.has(name))
      throw new BrokerError('bad_request', `login: ${known(name)} is given twice`);
    seen.add(name);
    if (name === 'return_to' || (name === 'target_link_uri' && policy.thirdPartyLogin)) {
      if (seen.has('return_to') && seen.has('target_link_uri')) {
        throw new BrokerError('bad_request', 'login: return_to and target_link_uri are both given');
      }
      parameters.returnTo = returnTo(name, value, policy.publicOrigin);
    } else if (name === 'iss' && policy.thirdPartyLogin) {
      if (value !== policy.issuer)
        throw new BrokerError('bad_request', 'login: iss names another issuer');
      parameters.byIssuer = true;
    } else if (Object.hasOwn(passedOn, name)) {
      if (!passedOn[name]?.(value))
        throw new BrokerError('bad_request', `login: ${name} is malformed`);
      parameters.passedOn[name] = value;
    } else {
      throw new BrokerError('bad_request', 'login: a parameter is unknown');
    }
  }
  if (parameters.passedOn.max_age !== undefined) {
    parameters.maxAge = Number(parameters.passedOn.max_age);
  }
  if (parameters.passedOn.acr_values !== undefined) {
    parameters.acrValues = parameters.passedOn.acr_values;
  }
  return parameters;
}

function returnTo(name: string, value: string, publicOrigin: string): string {
  const absolute = name === 'target_link_uri' ? URL.parse(value) : null;
  const path =
    absolute?.origin === publicOrigin ? absolute.href.slice(absolute.origin.length) : value;
  const safe = path.length <= 2_000 ? safeReturnTo(path, publicOrigin) : undefined;
  if (safe === undefined) throw new BrokerError('bad_return_to', `login: ${name} leads elsewhere`);
  return safe;
}

/** An unexpected name may hold anything, so it is not repeated. */
const known = (name: string) =>
  name === 'return_to' || Object.hasOwn(passedOn, name) ? name : 'a parameter';
