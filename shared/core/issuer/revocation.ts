// Token revocation, RFC 7009. It is best effort and limited in time: it never delays what follows.

import type { RequestContext } from '#core/broker.ts';
import { shareOfTime } from '#core/lib/time-limit.ts';
import { steps } from '#core/limits.ts';
import type { AssertionAudience } from './client-auth.ts';
import { postToIssuer } from './exchange.ts';
import type { BackChannelAnswer } from './nonce-challenge.ts';
import { isClientRefused, oauthError, registeredError } from './oauth-error.ts';

export interface RevocableTokens {
  refreshToken?: string | undefined;
  accessTokens?: string[];
}

/** The refresh token goes first: when Okta revokes it, the access token is revoked too. */
export async function revokeTokens(
  context: RequestContext,
  { refreshToken, accessTokens = [] }: RevocableTokens,
): Promise<void> {
  const signal = shareOfTime(context, steps.revocation);
  const forms = accessTokens.map((token) => ({ token, token_type_hint: 'access_token' }));
  if (refreshToken) forms.unshift({ token: refreshToken, token_type_hint: 'refresh_token' });
  for (const form of forms) {
    try {
      const { revocation_endpoint: endpoint } = await context.env.issuer.metadata();
      if (!endpoint) return;
      const { status, text } = await withAcceptedAudience(context, (audience) =>
        onceMore(signal, () =>
          postToIssuer(context, { endpoint, form, proof: 'never', signal, audience }),
        ),
      );
      if (status === 200) continue;
      const error = registeredError(oauthError(text));
      context.log('revocation.failed', { status, ...(error !== undefined && { error }) });
    } catch {
      // The token expires by itself, and its session is gone already.
      context.log('revocation.failed', { status: 0 });
      return;
    }
  }
}

/** A connection that died says nothing about the token, and revoking it twice does no harm (RFC 7009 section 2.2). */
const onceMore = <T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> =>
  attempt().catch((fault: unknown) => {
    if (signal.aborted) throw fault;
    return attempt();
  });

const audiences = ['endpoint', 'issuer', 'token_endpoint'] as const;

/**
 * RFC 7523 leaves the audience of an assertion to the server, and no metadata announces it. At this endpoint Okta
 * expects its URL, Keycloak the issuer, Hydra the token endpoint. Unless the configuration sets one, each is tried
 * until one is accepted, and that one comes first from then on.
 */
async function withAcceptedAudience(
  context: RequestContext,
  attempt: (audience: AssertionAudience | undefined) => Promise<BackChannelAnswer>,
): Promise<BackChannelAnswer> {
  const { config, learned } = context.env;
  const { clientAuth, assertionAudience } = config;
  if (clientAuth !== 'private_key_jwt' || assertionAudience) return attempt(undefined);
  const known = learned.revocationAudience;
  const [first, ...others] = known
    ? [known, ...audiences.filter((audience) => audience !== known)]
    : audiences;
  const answer = await attempt(first);
  if (!isClientRefused(answer)) return answer;
  for (const audience of others) {
    const again = await attempt(audience);
    if (isClientRefused(again)) continue;
    learned.revocationAudience = audience;
    return again;
  }
  return answer;
}
