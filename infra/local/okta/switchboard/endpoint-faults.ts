// The effects of the switches of faults.ts on the authorization server's endpoints.

import type { Org } from '#infra/local/okta/org.ts';
import { useNonceText } from '#infra/local/okta/server/oauth-errors.ts';

interface Context {
  status: number;
  body: unknown;
  path: string;
  respond?: boolean | undefined;
  req: { socket: { destroy(): void } };
  set(name: string, value: string): void;
  response: { get(name: string): string; remove(name: string): void };
}

interface Struck {
  /** Nothing more has to be done. */
  answered: boolean;
  /** A change to make to the real answer. */
  after?: () => void;
}

const untouched: Struck = { answered: false };

export async function endpointFault(
  org: Org,
  kind: string | undefined,
  ctx: Context,
  form: URLSearchParams,
): Promise<Struck> {
  const { faults } = org;
  if (kind === 'token') {
    await faults.delay('tokenDelayMs');
    return tokenFault(faults.take('token', form.get('grant_type') ?? undefined), ctx);
  }
  if (kind === 'par' || kind === 'revoke') {
    await faults.delay(kind === 'par' ? 'parDelayMs' : 'revokeDelayMs');
    const fault = faults.take(kind);
    return fault ? answerFault(fault, ctx) : untouched;
  }
  if (kind === 'authorize') return { answered: false, after: () => authorizeFault(org, ctx) };
  if (ctx.path.endsWith('/keys')) {
    await faults.delay('keysDelayMs');
    const fault = faults.take('keys');
    return fault ? keysFault(fault, ctx) : untouched;
  }
  return untouched;
}

function tokenFault(fault: string | undefined, ctx: Context): Struck {
  const body = () => ctx.body as Record<string, unknown>;
  const after = (change: () => void): Struck => ({ answered: false, after: change });
  switch (fault) {
    case undefined:
      return untouched;
    case 'drop_after':
      return after(() => drop(ctx));
    case 'not_json_after':
      return after(() => {
        if (ctx.status !== 200) return;
        ctx.set('content-type', 'text/html');
        ctx.body = page;
      });
    case 'bearer':
      return after(() => {
        if (body().token_type) body().token_type = 'Bearer';
      });
    case 'no_refresh_token':
      return after(() => {
        delete body().refresh_token;
      });
    case 'no_id_token':
      return after(() => {
        delete body().id_token;
      });
    default:
      return answerFault(fault, ctx);
  }
}

function keysFault(fault: string, ctx: Context): Struck {
  const answer = (body: unknown): Struck => {
    ctx.body = body;
    return { answered: true };
  };
  switch (fault) {
    case 'malformed':
      return answer({ keys: 'unavailable' });
    case 'none':
      return answer({ keys: [] });
    default:
      return answerFault(fault, ctx);
  }
}

const page = '<html>Something else answered.</html>';
const rateLimited = 'API call exceeded rate limit due to too many requests.';

function answerFault(fault: string | undefined, ctx: Context): Struck {
  const answer = (status: number, body: unknown): Struck => {
    ctx.status = status;
    ctx.body = body;
    ctx.set('cache-control', 'no-store');
    return { answered: true };
  };
  switch (fault) {
    case 'rate_limited':
      ctx.set('x-rate-limit-limit', '60');
      ctx.set('x-rate-limit-remaining', '0');
      ctx.set('x-rate-limit-reset', String(Math.ceil(Date.now() / 1000) + 30));
      return answer(429, {
        errorCode: 'E0000047',
        errorSummary: rateLimited,
        errorLink: 'E0000047',
        errorId: 'oaeLocal',
        errorCauses: [],
      });
    case 'rate_limited_as_invalid_grant':
      return answer(429, { error: 'invalid_grant', error_description: rateLimited });
    case 'invalid_grant':
      return answer(400, {
        error: 'invalid_grant',
        error_description: 'The refresh token is invalid or expired.',
      });
    case 'invalid_request':
      return answer(400, {
        error: 'invalid_request',
        error_description: 'The request is missing a required parameter.',
      });
    case 'unavailable':
      ctx.set('retry-after', '30');
      return answer(503, 'Service Unavailable');
    case 'not_json':
      return answer(200, page);
    case 'cut_json':
      ctx.set('content-type', 'application/json');
      return answer(200, '{"access_token":"cut o');
    case 'empty':
      return answer(200, '');
    case 'null_json':
      ctx.set('content-type', 'application/json');
      return answer(200, 'null');
    case 'refused_empty':
      return answer(400, '');
    case 'refused_page':
      return answer(403, page);
    case 'nonce_always':
      ctx.set('dpop-nonce', crypto.randomUUID());
      return answer(400, { error: 'use_dpop_nonce', error_description: useNonceText });
    case 'nonce_missing':
      return answer(400, { error: 'use_dpop_nonce', error_description: useNonceText });
    case 'drop_before':
      drop(ctx);
      return { answered: true };
    case 'hang':
      ctx.respond = false;
      return { answered: true };
    default:
      return answer(500, { error: 'server_error', error_description: 'Internal Server Error' });
  }
}

function drop(ctx: Context): void {
  ctx.respond = false;
  ctx.req.socket.destroy();
}

function authorizeFault({ faults }: Org, ctx: Context): void {
  const location = URL.parse(ctx.response.get('location'));
  if (!location?.searchParams.has('state')) return;
  const back = location.searchParams;
  switch (faults.take('authorize')) {
    case 'hostile_error':
      back.delete('code');
      back.set('error', 'server_error');
      back.set('error_description', '<script>alert(1)</script>"\'\u2028https://evil.example/');
      back.set('error_uri', 'javascript:alert(1)');
      break;
    case 'wrong_iss':
      back.set('iss', 'https://evil.example');
      break;
    case 'no_iss':
      back.delete('iss');
      break;
    case 'duplicate_code':
      back.append('code', 'another');
      break;
    default:
      return;
  }
  ctx.set('location', location.href);
}
