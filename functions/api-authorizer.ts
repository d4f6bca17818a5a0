// Guards somebody's own API: an authorizer of API Gateway that verifies the access token and its DPoP proof (RFC 9449).
// What it refuses never reaches the API. What the API learns of its caller is in the authorizer's context, and never the
// token.
import type { RequestContext } from '#core/broker.ts';
import type { Accepted, Reason, Refused, Verdict } from '#core/resource-server/request-verifier.ts';
import { authorizerAnswer, type Decision } from '#http/authorizer-answer.ts';
import { type AuthorizerEvent, askedFor } from '#http/authorizer-event.ts';
import { invoked } from '#http/invoked.ts';
import { type ApiAuthorizer, apiAuthorizer } from '#shared/runtime/api-authorizer.ts';

export async function authorize(
  context: Asked,
  event: AuthorizerEvent,
): Promise<ReturnType<typeof authorizerAnswer>> {
  const { config, verify } = context.env;
  const asked = askedFor(event, config.publicUrl !== undefined);
  const scopes = scopesFor(config.scopes, asked.route);
  const verdict = scopes ? await verify(asked.request, { scopes }) : closedRoute;
  const decision = await decide(context, verdict, asked.request.dpop);
  return authorizerAnswer(asked, config.answers, decision);
}

/** A failure reaches API Gateway as one: it refuses the call with a 5xx. */
export const handler = invoked(apiAuthorizer, authorize);

type Asked = Pick<RequestContext<ApiAuthorizer>, 'env' | 'log'>;

/** Returns undefined for a route that the configuration does not name. */
function scopesFor(
  scopes: ApiAuthorizer['config']['scopes'],
  route: string,
): readonly string[] | undefined {
  if (Array.isArray(scopes)) return scopes;
  const byRoute = new Map(Object.entries(scopes));
  return byRoute.get(route) ?? byRoute.get('*');
}

const closedRoute: Refused = {
  kind: 'refused',
  reason: 'scope_missing',
  status: 403,
  headers: { 'www-authenticate': 'DPoP error="insufficient_scope"' },
  body: { error: 'insufficient_scope', error_description: 'this route is not open to anybody' },
};

async function decide(
  context: Asked,
  verdict: Verdict,
  [proof = '']: readonly string[],
): Promise<Decision> {
  if (verdict.kind === 'refused') return refusal(context, verdict);
  const { log } = context;
  const { config, nonces } = context.env;
  if (config.nonces === 'integration' && nonces && verdict.scheme === 'DPoP') {
    const nonce = nonceIn(proof);
    const age = nonce === undefined ? 'unknown' : await nonces.judge(nonce);
    if (age === 'unknown') return challenge(context, await nonces.newest(), nonce === undefined);
    log('api.accepted');
    return acceptance(verdict, age === 'old' ? await nonces.newest() : undefined);
  }
  log(verdict.scheme === 'Bearer' ? 'api.bearer_accepted' : 'api.accepted');
  return acceptance(verdict, verdict.headers['dpop-nonce']);
}

function acceptance({ scheme, access }: Accepted, nonce: string | undefined): Decision {
  const { subject, clientId, scopes, jkt } = access;
  return {
    allowed: true,
    principal: subject ?? clientId ?? 'unknown',
    context: {
      verdict: scheme === 'DPoP' ? 'proved' : 'bearer',
      ...(subject !== undefined && { sub: subject }),
      ...(clientId !== undefined && { client_id: clientId }),
      scope: scopes.join(' '),
      ...(jkt !== undefined && { jkt }),
      ...(nonce !== undefined && { nonce }),
    },
  };
}

/** A REST API makes the client's answer of it (infra/aws/own-api/gateway-responses.ts); an HTTP API has its own, 403. */
function refusal({ log }: Asked, refused: Refused): Decision {
  const { reason, status, headers, body } = refused;
  log(eventFor(reason), { reason });
  if (status >= 500) throw new NoVerdict(reason, { cause: refused.cause });
  return {
    allowed: false,
    principal: 'nobody',
    context: {
      verdict: 'refused',
      error: body.error ?? 'invalid_request',
      error_description: body.error_description,
      challenge: headers['www-authenticate'] ?? 'DPoP',
      nonce: headers['dpop-nonce'] ?? '',
    },
  };
}

/** Something that a verdict needs is unavailable. */
class NoVerdict extends Error {
  override name = 'NoVerdict';
}

/**
 * An HTTP API cannot tell the client the nonce, so the API behind it does. Nothing else is wrong with this call, its proof
 * is used up, and its context names nobody: an API that forgets to answer the challenge is as safe as one
 * without nonces.
 */
function challenge({ log }: Asked, nonce: string, isMissing: boolean): Decision {
  const reason = isMissing ? 'nonce_missing' : 'nonce_unknown';
  log(eventFor(reason), { reason });
  return {
    allowed: true,
    principal: 'nobody',
    context: {
      verdict: 'challenge',
      error: 'use_dpop_nonce',
      challenge:
        'DPoP error="use_dpop_nonce", error_description="the DPoP proof must have the nonce of this answer"',
      nonce,
    },
  };
}

/** The proof was verified a moment ago. */
function nonceIn(proof: string): string | undefined {
  const { nonce } = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString());
  return typeof nonce === 'string' ? nonce : undefined;
}

/** The reasons that have an event to themselves. */
const events = {
  nonce_missing: 'api.nonce_challenged',
  nonce_unknown: 'api.nonce_challenged',
  proof_used: 'api.replayed',
  proof_key_not_bound: 'api.stolen',
  proof_ath: 'api.stolen',
  bearer_with_bound_token: 'api.stolen',
  bearer_denied: 'api.bearer_refused',
  scope_missing: 'api.scope_refused',
} as const satisfies Partial<Record<Reason, string>>;

function eventFor(reason: Reason) {
  if (reason in events) return events[reason as keyof typeof events];
  if (reason.endsWith('_unavailable')) return 'api.not_judged';
  return reason.startsWith('proof_') ? 'api.proof_refused' : 'api.token_refused';
}
