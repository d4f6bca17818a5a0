// One exchange with the authorization server that may answer with a nonce challenge (RFC 9449 sections 8 and 9): at its
// token endpoint and the others of the back channel, and at UserInfo, where it is a resource server.
import type { RequestContext } from '#core/broker.ts';
import type { NonceRole } from '#core/dpop/nonces.ts';

export interface BackChannelAnswer {
  status: number;
  headers: Headers;
  text: string;
}

export interface Attempts {
  role: NonceRole;
  url: URL;
  /** Makes a request that was never sent before: with a proof of its own, for the newest nonce. */
  make(isRepeated: boolean): Promise<Request>;
  asksForNonce(answer: BackChannelAnswer): boolean;
}

/** Sends at most two requests: it answers one challenge. */
export async function answeringNonce(
  context: RequestContext,
  attempts: Attempts,
): Promise<BackChannelAnswer> {
  const first = await sent(context, attempts, await attempts.make(false));
  if (!attempts.asksForNonce(first)) return first;
  context.log('nonce.challenged', { role: attempts.role });
  return sent(context, attempts, await attempts.make(true));
}

async function sent(
  context: RequestContext,
  { role, url }: Attempts,
  request: Request,
): Promise<BackChannelAnswer> {
  const { fetch, nonces } = context.env;
  const response = await fetch(request);
  nonces.learn(context, role, url, response.headers);
  return { status: response.status, headers: response.headers, text: await response.text() };
}
