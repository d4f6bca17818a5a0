// A client that we did not write (oauth4webapi) and a browser of a few lines, to judge the Okta stand-in with.
import type { webcrypto } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import type { Okta, OktaClient } from '#infra/local/okta/index.ts';

export const redirectUri = 'http://localhost:9/bff/callback';
export const insecure = { [oauth.allowInsecureRequests]: true };

/** Keeps cookies, follows redirects on the origin it was told of, stops at the first one that leaves it. */
export function browser(origin: string) {
  const jar = new Map<string, { value: string; path: string }>();

  const keep = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      const find = (name: string) =>
        attributes.find((one) => one.toLowerCase().startsWith(name))?.slice(name.length);
      const path = find('path=') ?? '/';
      const expired = Date.parse(find('expires=') ?? '') < Date.now();
      const name = pair.slice(0, at);
      if (expired) jar.delete(`${name} ${path}`);
      else jar.set(`${name} ${path}`, { value: pair.slice(at + 1), path });
    }
  };
  const cookies = (path: string) =>
    [...jar]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');

  /** The last answer: a page, or the redirect that leaves. */
  async function go(url: string | URL, form?: Record<string, string>): Promise<Response> {
    const target = new URL(url, origin);
    const response = await fetch(target, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: cookies(target.pathname) },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    keep(response);
    const location = response.headers.get('location');
    if (!location) return response;
    const next = new URL(location, target);
    if (next.origin !== origin) return response;
    await response.body?.cancel();
    return go(next);
  }

  return { go, jar };
}

export type Browser = ReturnType<typeof browser>;

/** Goes to the authorization endpoint and fills in the forms that it is asked for; the callback URL or the page it stopped at. */
export async function signIn(
  visitor: Browser,
  url: URL,
  forms: Record<string, string>[],
): Promise<{ callback: URL; page: Response }> {
  let page = await visitor.go(url);
  let at = page.url;
  for (const form of forms) {
    if (page.headers.has('location')) break;
    page = await visitor.go(at, form);
    if (page.url) at = page.url;
  }
  const location = page.headers.get('location');
  return { callback: new URL(location ?? 'about:blank'), page };
}

export interface App {
  as: oauth.AuthorizationServer;
  client: oauth.Client;
  auth: oauth.ClientAuth;
  dpop: oauth.DPoPHandle;
  keys: webcrypto.CryptoKeyPair;
  visitor: Browser;
}

/** Claims of a JWT, unverified. */
export const claimsIn = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

export const keyPair = () => oauth.generateKeyPair('ES256', { extractable: true });

/** An app with private_key_jwt and a DPoP key of its own, registered at the stand-in. */
export async function app(
  okta: Okta,
  { issuer = okta.issuer, ...more }: Partial<OktaClient> & { issuer?: string } = {},
): Promise<App> {
  const assertion = await keyPair();
  const jwk = { ...(await crypto.subtle.exportKey('jwk', assertion.publicKey)), kid: 'a1' };
  const clientId = `app-${okta.clients.size}`;
  okta.clients.set(clientId, {
    clientId,
    clientAuth: 'private_key_jwt',
    jwks: { keys: [jwk as never] },
    redirectUris: [redirectUri],
    postLogoutRedirectUris: ['http://localhost:9/'],
    ...more,
  });
  const url = new URL(issuer);
  const found = await oauth.discoveryRequest(url, insecure);
  const as = await oauth.processDiscoveryResponse(url, found);
  const client = { client_id: clientId };
  const keys = await keyPair();
  return {
    as,
    client,
    auth: privateKeyJwt(assertion.privateKey),
    dpop: oauth.DPoP({}, keys),
    keys,
    visitor: browser(okta.issuer),
  };
}

/** Okta's audience is the endpoint that is called, which oauth4webapi has to be told. */
export function privateKeyJwt(
  privateKey: webcrypto.CryptoKey,
  change: (claims: Record<string, unknown>) => void = () => {},
): oauth.ClientAuth {
  return (as, client, body, headers) => {
    const target = body.has('grant_type')
      ? as.token_endpoint
      : body.has('token')
        ? as.revocation_endpoint
        : as.pushed_authorization_request_endpoint;
    return oauth.PrivateKeyJwt(
      { key: privateKey, kid: 'a1' },
      {
        [oauth.modifyAssertion](_header, payload) {
          payload.aud = target ?? null;
          change(payload);
        },
      },
    )(as, client, body, headers);
  };
}

export interface SignInOptions {
  parameters?: Record<string, string>;
  scope?: string;
  forms?: Record<string, string>[];
}

export const ada = [{ sample: 'ada' }];

/** The front half: from the authorization endpoint to the callback's checked parameters. */
export async function authorize(app: App, options: SignInOptions = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const url = new URL(app.as.authorization_endpoint ?? '');
  for (const [name, value] of Object.entries({
    client_id: app.client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: options.scope ?? 'openid profile email offline_access okta.users.read.self',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...options.parameters,
  })) {
    if (value !== '') url.searchParams.set(name, value);
  }
  const { callback, page } = await signIn(app.visitor, url, options.forms ?? ada);
  return { url, callback, page, verifier, state, nonce };
}

export type Started = Awaited<ReturnType<typeof authorize>>;

/** The back half; the nonce challenge is met as the library has it: the same code again. */
export async function redeem(app: App, started: Started, dpop = app.dpop, resource?: string) {
  const parameters = oauth.validateAuthResponse(
    app.as,
    app.client,
    started.callback,
    started.state,
  );
  const request = () =>
    oauth.authorizationCodeGrantRequest(
      app.as,
      app.client,
      app.auth,
      parameters,
      redirectUri,
      started.verifier,
      { DPoP: dpop, ...insecure, ...(resource ? { additionalParameters: { resource } } : {}) },
    );
  const process = (response: Response) =>
    oauth.processAuthorizationCodeResponse(app.as, app.client, response, {
      expectedNonce: started.nonce,
      requireIdToken: true,
    });
  return withNonce(request, process);
}

export async function refresh(
  app: App,
  refreshToken: string,
  { dpop = app.dpop, parameters = {} as Record<string, string> } = {},
) {
  const request = () =>
    oauth.refreshTokenGrantRequest(app.as, app.client, app.auth, refreshToken, {
      DPoP: dpop,
      additionalParameters: parameters,
      ...insecure,
    });
  return withNonce(request, (response) =>
    oauth.processRefreshTokenResponse(app.as, app.client, response),
  );
}

async function withNonce<T>(
  request: () => Promise<Response>,
  process: (response: Response) => Promise<T>,
): Promise<T> {
  try {
    return await process(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await request());
  }
}

export const tokensOf = async (app: App, options: SignInOptions = {}) =>
  redeem(app, await authorize(app, options));

/** A call of an API as the library makes it. */
export const call = (
  app: App,
  accessToken: string,
  path: string,
  { method = 'GET', headers = {}, dpop = app.dpop, body }: CallOptions = {},
) =>
  oauth
    .protectedResourceRequest(
      accessToken,
      method,
      new URL(path, app.as.issuer),
      new Headers(headers),
      body ?? null,
      { DPoP: dpop, ...insecure },
    )
    .catch((error) => {
      if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response;
      throw error;
    });

interface CallOptions {
  method?: string;
  headers?: Record<string, string>;
  dpop?: oauth.DPoPHandle;
  body?: string;
}

/** The status, code and text of the refusal that the library reports. */
export async function refusal(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (cause) => cause,
  );
  if (!(error instanceof oauth.ResponseBodyError)) return error;
  return { status: error.status, error: error.error, text: error.error_description };
}

/** A raw form post whose every part the test decides. */
export async function post(
  okta: Okta,
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${okta.issuer}/oauth2/v1/${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  return { status: response.status, body };
}
