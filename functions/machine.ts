// Endpoints for machines: the authorization server fetches our public keys and ends sessions, and the load balancer
// checks our health. Any other path below /bff also ends here, with 404.
import type { RequestContext } from '#core/broker.ts';
import { revokeGlobally } from '#core/sign-out/global-revocation.ts';
import { backChannelLogout, frontChannelLogout } from '#core/sign-out/provider-logout.ts';
import { endpoints, json } from '#http/answers.ts';
import { lambda } from '#http/http-api.ts';
import type { HttpAnswer, HttpRequest } from '#http/message.ts';
import { errorPage } from '#http/pages.ts';
import { broker } from '#shared/runtime/broker.ts';

export const machine = endpoints({
  // It uses no key and no table.
  '/bff/health': { GET: async () => json({ status: 'ok' }) },
  '/bff/jwks': { GET: jwks },
  '/bff/backchannel-logout': { POST: backChannel },
  '/bff/frontchannel-logout': { GET: frontChannel, POST: frontChannel },
  '/bff/global-token-revocation': { POST: globalRevocation },
});

export const handler = lambda(broker, machine, errorPage);

/** The keys that sign client assertions: the current one and the next (RFC 7517). */
async function jwks({ env }: RequestContext): Promise<HttpAnswer> {
  const { signer, keyRing } = env;
  const ids = await keyRing.published('assertion');
  // The first is the active one. If KMS cannot return another key, the active one is still published.
  const keys = await Promise.all(
    ids.map((id, at) => (at === 0 ? signer.key(id) : signer.key(id).catch(() => undefined))),
  );
  return json(
    {
      keys: keys
        .filter((key) => key !== undefined)
        .map(({ jwk, alg, jkt }) => ({ ...jwk, use: 'sig', alg, kid: jkt })),
    },
    { headers: { 'cache-control': 'public, max-age=300' } },
  );
}

async function backChannel(context: RequestContext, request: HttpRequest): Promise<HttpAnswer> {
  const [token, ...more] = formOf(request)?.getAll('logout_token') ?? [];
  const accepted =
    token !== undefined && more.length === 0 && (await backChannelLogout(context, token));
  return accepted ? { status: 200 } : oauthError(400, 'invalid_request');
}

/** The server loads this in an iframe on its own page. */
async function frontChannel(context: RequestContext, request: HttpRequest): Promise<HttpAnswer> {
  const parameters = new URLSearchParams(request.rawQuery);
  for (const [name, value] of formOf(request) ?? []) parameters.append(name, value);
  if (!(await frontChannelLogout(context, parameters))) return oauthError(400, 'invalid_request');
  const { origin } = new URL(context.env.config.issuer);
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; frame-ancestors ${origin}`,
    },
    body: '<!doctype html><title>Signed out</title>',
  };
}

async function globalRevocation(
  context: RequestContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { authorization } = request.headers;
  const status = await revokeGlobally(context, authorization, () => jsonOf(request));
  switch (status) {
    case 204:
      return { status };
    case 401:
      return oauthError(status, 'invalid_token', { 'www-authenticate': 'Bearer' });
    case 403:
      return oauthError(status, 'access_denied');
    case 404:
      return oauthError(status, 'user_not_found');
    case 400:
      return oauthError(status, 'invalid_request');
  }
}

const oauthError = (status: number, error: string, headers: Record<string, string> = {}) =>
  json({ error }, { status, headers });

function formOf({ headers, body }: HttpRequest): URLSearchParams | undefined {
  return isType(headers, 'application/x-www-form-urlencoded')
    ? new URLSearchParams(Buffer.from(body ?? []).toString('utf8'))
    : undefined;
}

function jsonOf({ headers, body }: HttpRequest): unknown {
  if (!isType(headers, 'application/json')) return undefined;
  try {
    return JSON.parse(Buffer.from(body ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}

const isType = (headers: HttpRequest['headers'], type: string) =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() === type;
