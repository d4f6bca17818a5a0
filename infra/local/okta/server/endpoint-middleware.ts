// Where Okta's authorization servers differ from oidc-provider on the wire: error bodies, PAR's status, `iss`, headers,
// the published metadata. Faults take effect and events are noted here too.
import type { IncomingMessage } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { leave } from '#infra/local/okta/people/end-session.ts';
import { errorPage } from '#infra/local/okta/people/pages.ts';
import { endpointFault } from '#infra/local/okta/switchboard/endpoint-faults.ts';
import { type NewEvent, redactAll, seenProof } from '#infra/local/okta/switchboard/events.ts';
import { faultyMetadata } from './metadata.ts';
import { refusalOf } from './oauth-errors.ts';

const endpoints: Record<string, NewEvent['kind']> = {
  authorize: 'authorize',
  token: 'token',
  par: 'par',
  revoke: 'revoke',
  introspect: 'introspect',
  logout: 'logout',
};

/** A request whose body the server has already read. */
export type ParsedRequest = IncomingMessage & { form?: URLSearchParams };

export function oktaWays(org: Org, server: AuthorizationServer): void {
  const { provider } = server;

  const inOktasWords = (ctx: KoaContextWithOIDC, error: Error) => {
    const { status, ...body } = refusalOf(ctx, error);
    ctx.status = status;
    ctx.body = body;
  };
  provider.on('grant.error', inOktasWords);
  provider.on('pushed_authorization_request.error', inOktasWords);
  provider.on('revocation.error', inOktasWords);
  provider.on('introspection.error', inOktasWords);
  provider.on('server_error', (_ctx, error) => console.error('the Okta stand-in failed:', error));

  provider.use(async (ctx, next) => {
    const kind = endpoints[/\/v1\/(\w+)/.exec(ctx.path)?.[1] ?? ''];
    const form = (ctx.req as ParsedRequest).form ?? new URLSearchParams(ctx.querystring);
    const fault = await endpointFault(org, kind, ctx, form);
    if (fault.answered) {
      if (kind) await note(org, server, kind, ctx, form);
      return;
    }
    if (kind === 'logout' && !form.get('id_token_hint')) {
      ctx.status = 400;
      ctx.type = 'html';
      ctx.body = errorPage("The 'id_token_hint' parameter is missing.");
    } else {
      await next();
    }
    finish(org, kind, ctx as KoaContextWithOIDC);
    fault.after?.();
    if (kind) await note(org, server, kind, ctx, form);
  });
}

function finish(org: Org, kind: string | undefined, ctx: KoaContextWithOIDC): void {
  ctx.set('x-okta-request-id', requestId());
  if (kind === 'par' && ctx.status === 201) ctx.status = org.settings.parStatus;
  if (kind === 'authorize') {
    ctx.set('referrer-policy', 'no-referrer');
    if (!org.settings.issParameter) withoutIss(ctx);
  }
  // Nobody is signed in: oidc-provider would post a form to itself, but Okta just continues.
  if (
    kind === 'logout' &&
    ctx.status === 200 &&
    !ctx.oidc?.session?.accountId &&
    ctx.oidc?.params
  ) {
    leave(ctx);
  }
  if (ctx.path.includes('/.well-known/') && ctx.status === 200) faultyMetadata(org, ctx);
  if (ctx.path.endsWith('/keys')) ctx.set('cache-control', 'max-age=60, must-revalidate');
}

function withoutIss(ctx: KoaContextWithOIDC): void {
  const location = ctx.response.get('location');
  if (!location?.includes('iss=')) return;
  const url = URL.parse(location);
  if (!url) return;
  url.searchParams.delete('iss');
  ctx.set('location', url.href);
}

async function note(
  { events }: Org,
  server: AuthorizationServer,
  kind: NewEvent['kind'],
  ctx: {
    method: string;
    path: string;
    status: number;
    body: unknown;
    get(name: string): string;
    response: { get(name: string): string };
  },
  form: URLSearchParams,
): Promise<void> {
  const body = (typeof ctx.body === 'object' ? ctx.body : {}) as Record<string, string>;
  const back = URL.parse(ctx.response.get('location') ?? '')?.searchParams;
  const error = body?.error ?? back?.get('error') ?? undefined;
  const description = body?.error_description ?? back?.get('error_description') ?? undefined;
  const proof = await seenProof(ctx.get('DPoP'));
  const grantType = form.get('grant_type');
  const clientId = form.get('client_id');
  const secrets = redactAll({
    code: form.get('code') ?? back?.get('code'),
    refresh_token_sent: form.get('refresh_token'),
    token: form.get('token'),
    client_assertion: form.get('client_assertion'),
    access_token: body?.access_token,
    refresh_token: body?.refresh_token,
    id_token: body?.id_token,
  });
  events.add({
    kind,
    server: server.name,
    method: ctx.method,
    path: `${server.mount}${ctx.path}`,
    status: ctx.status,
    ...(error ? { error } : {}),
    ...(description ? { description } : {}),
    ...(grantType ? { grantType } : {}),
    ...(clientId ? { clientId } : {}),
    ...(kind === 'authorize' || kind === 'logout' ? {} : { clientAuth: clientAuthOf(ctx, form) }),
    ...assertionKeyIn(form),
    ...(proof ? { proof } : {}),
    ...(secrets ? { secrets } : {}),
  });
}

const clientAuthOf = (ctx: { get(name: string): string }, form: URLSearchParams) => {
  if (form.has('client_assertion')) return 'private_key_jwt';
  if (form.has('client_secret')) return 'client_secret_post';
  return ctx.get('authorization') ? 'client_secret_basic' : 'none';
};

function assertionKeyIn(form: URLSearchParams): Pick<NewEvent, 'assertionKey'> {
  try {
    const { kid } = decodeProtectedHeader(form.get('client_assertion') ?? '');
    return kid === undefined ? {} : { assertionKey: kid };
  } catch {
    return {};
  }
}

export const requestId = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 27);
