// Endpoints for machines: the authorization server fetches our public keys and ends sessions, and the load balancer
// checks our health. Any other path below /bff also ends here, with 404.
import type { Broker } from '#core/broker.ts';
import { revokeGlobally } from '#core/sign-out/global-revocation.ts';
import { backChannelLogout, frontChannelLogout } from '#core/sign-out/provider-logout.ts';
import { endpoints, json } from '#http/answers.ts';
import { lambda } from '#http/http-api.ts';
import type { Handle, HttpRequest } from '#http/message.ts';
import { broker } from '#shared/runtime/broker.ts';

/** The broker is made when it is first needed: a health check uses no key and no table. */
export const machine = (broker: () => Broker): Handle =>
  endpoints({
    '/bff/health': { GET: async () => json({ status: 'ok' }) },
    '/bff/jwks': { GET: jwks(broker) },
    '/bff/backchannel-logout': { POST: backChannel(broker) },
    '/bff/frontchannel-logout': { GET: frontChannel(broker), POST: frontChannel(broker) },
    '/bff/global-token-revocation': { POST: globalRevocation(broker) },
  });

export const handler = lambda(() => machine(broker));

/** The keys that sign client assertions: the current one and the next (RFC 7517). */
const jwks =
  (broker: () => Broker): Handle =>
  async () => {
    const { signer, keyRing } = broker();
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
  };

const backChannel =
  (broker: () => Broker): Handle =>
  async (request) => {
    const [token, ...more] = formOf(request)?.getAll('logout_token') ?? [];
    const accepted =
      token !== undefined && more.length === 0 && (await backChannelLogout(broker(), token));
    return accepted ? { status: 200 } : oauthError(400, 'invalid_request');
  };

/** The server loads this in an iframe on its own page. */
const frontChannel =
  (broker: () => Broker): Handle =>
  async (request) => {
    const { config } = broker();
    const parameters = new URLSearchParams(request.rawQuery);
    for (const [name, value] of formOf(request) ?? []) parameters.append(name, value);
    if (!(await frontChannelLogout(broker(), parameters)))
      return oauthError(400, 'invalid_request');
    return {
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; frame-ancestors ${new URL(config.issuer).origin}`,
      },
      body: '<!doctype html><title>Signed out</title>',
    };
  };

const globalRevocation =
  (broker: () => Broker): Handle =>
  async (request) => {
    const { authorization } = request.headers;
    const status = await revokeGlobally(broker(), authorization, () => jsonOf(request));
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
  };

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
