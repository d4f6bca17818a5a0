// Sends one POST to the authorization server. Client authentication, the DPoP proof and the nonce challenge work the same
// way for the token, PAR and revocation endpoints and for every grant.

import type { Broker, RequestContext } from '#core/broker.ts';
import { didNotSign } from '#core/dpop/active-key.ts';
import { nonceIn } from '#core/dpop/nonces.ts';
import { proofFor } from '#core/dpop/proof.ts';
import { BrokerError } from '#core/errors.ts';
import type { SigningKey } from '#core/ports.ts';
import { type AssertionAudience, addClientCredentials } from './client-auth.ts';
import { answeringNonce, type BackChannelAnswer } from './nonce-challenge.ts';
import { oauthError } from './oauth-error.ts';

export interface BackChannelPost {
  endpoint: string;
  form: Record<string, string> | [name: string, value: string][];
  /** The key to prove possession of. */
  key?: SigningKey | undefined;
  /** PAR needs no proof when `dpop_jkt` is sent, but a server may demand one. */
  proof: 'always' | 'when asked' | 'never';
  /** The audience of the client assertion, unless the configuration sets one. */
  audience?: AssertionAudience | undefined;
  signal: AbortSignal;
}

/** The client's credentials are not available, so the request never left, and nothing was spent. */
export class NotSent extends BrokerError {
  constructor({ code, message, cause, headers }: BrokerError) {
    super(code, message, { cause, headers });
  }
}

/** Each attempt has a new proof and a new assertion. */
export function postToIssuer(
  context: RequestContext,
  request: BackChannelPost,
): Promise<BackChannelAnswer> {
  const url = new URL(request.endpoint);
  return answeringNonce(context, {
    role: 'as',
    url,
    make: (isRepeated) =>
      requestFor(context.env, url, request, isRepeated || request.proof === 'always'),
    asksForNonce: (answer) => request.proof !== 'never' && asksForNonce(answer),
  });
}

async function requestFor(
  broker: Broker,
  url: URL,
  { form, key, signal, audience }: BackChannelPost,
  withProof: boolean,
): Promise<Request> {
  const body = new URLSearchParams(form);
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  });
  await addClientCredentials(broker, url, body, headers, audience).catch((fault: unknown) => {
    throw fault instanceof BrokerError && !didNotSign(fault) ? new NotSent(fault) : fault;
  });
  if (key && withProof) {
    const nonce = broker.nonces.get('as', url);
    headers.set('dpop', await proofFor(broker, key, { method: 'POST', url, nonce }));
  }
  return new Request(url, {
    method: 'POST',
    headers,
    body: body.toString(),
    redirect: 'manual',
    signal,
  });
}

function asksForNonce({ status, headers, text }: BackChannelAnswer): boolean {
  if (status !== 400 && status !== 401) return false;
  return nonceIn(headers) !== undefined && oauthError(text) === 'use_dpop_nonce';
}
