// Requests of a client that the server may not know at that moment. With private_key_jwt it reads our keys from
// /bff/jwks, perhaps just now and from a function that has to start first; if that takes too long, it refuses the client.
//
// The same request may then be sent again. `invalid_client` says that authentication failed (RFC 6749 section 5.2), which
// comes before the code or the refresh token is looked at (sections 4.1.3 and 6), so neither was used up.
import { type RequestContext, secondsNow } from '#core/broker.ts';
import { type BackChannelPost, postToIssuer } from './exchange.ts';
import type { BackChannelAnswer } from './nonce-challenge.ts';
import { isClientRefused } from './oauth-error.ts';

/** A client that is refused twice is unknown for good, or for longer than anybody waits. */
const unknownSeconds = 60;

/** Repeats the request once, with another assertion, when the server refuses the client. */
export async function postAsKnownClient(
  context: RequestContext,
  request: BackChannelPost,
): Promise<BackChannelAnswer> {
  const { env, log } = context;
  const { config, learned } = env;
  const answer = await postToIssuer(context, request);
  const mayRepeat =
    config.clientAuth === 'private_key_jwt' &&
    isClientRefused(answer) &&
    !request.signal.aborted &&
    secondsNow(env) >= (learned.clientUnknownUntil ?? 0);
  if (!mayRepeat) return answer;
  log('issuer.client_unknown');
  const again = await postToIssuer(context, request);
  if (isClientRefused(again)) learned.clientUnknownUntil = secondsNow(env) + unknownSeconds;
  return again;
}
