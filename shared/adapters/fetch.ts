// Fetch for the core, over our own HTTP client: which goes by wall time when a connection may have died in a frozen
// environment (requirements AWS-28), follows no redirect, and reads no more than an authorization server has to say.
import type { Http } from '../core/http.ts';
import type { Fetch } from '../core/ports.ts';

const maxBytes = 1_048_576;
/** Until the answer begins, where no signal of the request is earlier. */
const timeoutMs = 30_000;

// A time-out is a signal of the Request, and Node forgets it without a word when the Request is collected as garbage
// before the answer is complete: then nothing ends the wait.
const held = new Set<Request>();

export const fetchOver =
  (http: Pick<Http, 'open'>): Fetch =>
  async (request) => {
    held.add(request);
    try {
      return await exchange(http, request);
    } catch (fault) {
      throw request.signal.aborted ? request.signal.reason : fault;
    } finally {
      held.delete(request);
    }
  };

async function exchange(http: Pick<Http, 'open'>, request: Request): Promise<Response> {
  const { origin, pathname, search } = new URL(request.url);
  const sent = Buffer.from(await request.arrayBuffer());
  const { status, headers, body, cancel } = await http.open(
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
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      cancel();
      throw new RangeError(`the answer has more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  // A 204 must have none.
  const whole = size > 0 ? Buffer.concat(chunks, size) : null;
  return new Response(whole, { status, headers: headers.map(([name, value]) => [name, value]) });
}
