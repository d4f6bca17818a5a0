// Fetch for the core, over our own HTTP client: which goes by wall time when a connection may have died in a frozen
// environment (requirements AWS-28), follows no redirect, and reads no more than an authorization server has to say.
import type { Http } from '../core/http.ts';
import type { Fetch } from '../core/ports.ts';

const maxBytes = 1_048_576;
/** Where no signal of the request is earlier. */
const timeoutMs = 30_000;

export const fetchOver =
  (http: Pick<Http, 'send'>): Fetch =>
  async (request) => {
    try {
      return await exchange(http, request);
    } catch (fault) {
      // What holds the request until its answer is complete, too: Node forgets a time-out without a word when the
      // Request of its signal was collected as garbage.
      throw request.signal.aborted ? request.signal.reason : fault;
    }
  };

async function exchange(http: Pick<Http, 'send'>, request: Request): Promise<Response> {
  const { origin, pathname, search } = new URL(request.url);
  const sent = Buffer.from(await request.arrayBuffer());
  const { status, headers, body } = await http.send(
    {
      origin,
      method: request.method,
      path: pathname + search,
      headers: { 'user-agent': 'okta-dpop-bff', ...Object.fromEntries(request.headers) },
      body: sent.length > 0 ? sent : undefined,
      timeoutMs,
      maxBytes,
    },
    request.signal,
  );
  // A 204 must have none.
  const whole = body.length > 0 ? new Uint8Array(body) : null;
  return new Response(whole, { status, headers: headers.map(([name, value]) => [name, value]) });
}
