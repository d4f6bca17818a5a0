// Sends the user to the authorization server: RFC 6749 section 4.1.1, PKCE (RFC 7636), PAR (RFC 9126), dpop_jkt (RFC
// 9449 section 10). The transaction waits in the table, and only the login cookie opens it.

import { type RequestContext, secondsNow } from '#core/broker.ts';
import { withActiveKey } from '#core/dpop/active-key.ts';
import { BrokerError } from '#core/errors.ts';
import { IssuerError } from '#core/issuer/issuer.ts';
import { postAsKnownClient } from '#core/issuer/known-client.ts';
import type { Metadata } from '#core/issuer/metadata.ts';
import { oauthError, registeredError } from '#core/issuer/oauth-error.ts';
import { newSecret, sha256 } from '#core/lib/encoding.ts';
import { shareOfTime } from '#core/lib/time-limit.ts';
import { steps } from '#core/limits.ts';
import type { SigningKey } from '#core/ports.ts';
import { seal } from '#core/session/seal.ts';
import type { LoginParameters } from './parameters.ts';
import {
  shortId,
  type TransactionContent,
  transactionIdOf,
  transactionSeconds,
} from './transaction.ts';

export interface Begun {
  /** Where the browser goes. */
  location: string;
  loginCookie: { id: string; value: string };
}

export const callbackUrl = (publicOrigin: string): string => `${publicOrigin}/bff/callback`;

export async function beginSignIn(
  context: RequestContext,
  login: LoginParameters,
  previousSession: string | undefined,
  startedOver = false,
): Promise<Begun> {
  const metadata = await context.env.issuer.metadata().catch((cause: unknown) => {
    const why = cause instanceof IssuerError ? cause.message : 'the issuer cannot be asked';
    throw new BrokerError('login_failed', why, { cause });
  });
  const more = {
    ...(previousSession !== undefined && { previous: previousSession }),
    ...(startedOver && { startedOver }),
  };
  return withActiveKey(context.env, 'dpop', (key) =>
    beginWithKey(context, metadata, key, login, more),
  );
}

async function beginWithKey(
  context: RequestContext,
  metadata: Metadata,
  key: SigningKey,
  login: LoginParameters,
  more: Pick<TransactionContent, 'previous' | 'startedOver'>,
): Promise<Begun> {
  const { env } = context;
  const { config, random, clock } = env;
  const [state, nonce, verifier, loginSecret] = Array.from({ length: 4 }, () =>
    newSecret(random),
  ) as [string, string, string, string];
  const content: TransactionContent = {
    verifier,
    nonce,
    returnTo: login.returnTo,
    keyId: key.id,
    ...(login.maxAge !== undefined && { maxAge: login.maxAge }),
    ...(login.acrValues !== undefined && { acrValues: login.acrValues }),
    ...more,
  };
  const id = transactionIdOf(state);
  const parameters = Object.entries({
    client_id: config.clientId,
    response_type: 'code',
    redirect_uri: callbackUrl(config.publicOrigin),
    scope: config.scopes.join(' '),
    state,
    nonce,
    code_challenge: sha256(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: key.jkt,
    ...login.passedOn,
  });
  // RFC 8707: the tokens that the routes will ask for must be granted here first.
  const resources = new Set(config.routes.flatMap(({ resource }) => resource ?? []));
  for (const resource of resources) parameters.push(['resource', resource]);
  const [query] = await Promise.all([
    pushedParameters(context, metadata, key, parameters),
    env.transactions.begin({
      id,
      browser: sha256(loginSecret),
      sealed: seal(loginSecret, id, content),
      // With milliseconds: a sign-in may follow a revocation within the same second.
      createdAt: clock.now() / 1000,
      expiresAt: secondsNow(env) + transactionSeconds,
    }),
  ]);
  const location = new URL(metadata.authorization_endpoint);
  for (const [name, value] of query) location.searchParams.append(name, value);
  return { location: location.href, loginCookie: { id: shortId(id), value: loginSecret } };
}

/**
 * With PAR, only two parameters remain in the browser's address bar. A failure never falls back to plain parameters.
 */
async function pushedParameters(
  context: RequestContext,
  metadata: Metadata,
  key: SigningKey,
  parameters: [name: string, value: string][],
): Promise<[name: string, value: string][]> {
  const { config } = context.env;
  const endpoint = metadata.pushed_authorization_request_endpoint;
  if (config.par === 'never') return parameters;
  if (!endpoint) {
    if (config.par === 'auto') return parameters;
    throw new BrokerError('login_failed', 'PAR is required and the issuer has no endpoint for it');
  }
  const answer = await postAsKnownClient(context, {
    endpoint,
    form: parameters,
    key,
    proof: 'when asked',
    signal: shareOfTime(context, steps.pushedRequest),
  }).catch((cause: unknown) => {
    if (cause instanceof BrokerError) throw cause;
    throw new BrokerError('login_failed', 'the PAR endpoint did not answer', { cause });
  });
  const requestUri =
    answer.status === 200 || answer.status === 201 ? requestUriIn(answer.text) : undefined;
  if (requestUri === undefined) {
    const error = registeredError(oauthError(answer.text));
    context.log('login.par_refused', {
      status: answer.status,
      ...(error !== undefined && { error }),
    });
    const why = error === undefined ? '' : `: ${error}`;
    throw new BrokerError('login_failed', `the PAR endpoint answered ${answer.status}${why}`);
  }
  return [
    ['client_id', config.clientId],
    ['request_uri', requestUri],
  ];
}

function requestUriIn(text: string): string | undefined {
  try {
    const { request_uri: uri } = JSON.parse(text) as { request_uri?: unknown };
    return typeof uri === 'string' && uri.length > 0 ? uri : undefined;
  } catch {
    return undefined;
  }
}
