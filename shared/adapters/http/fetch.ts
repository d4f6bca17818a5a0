// Fetch for the core, over our own HTTP client. The client measures idle time by the wall clock, because a connection
// may have died while the environment was frozen. It follows no redirect, and limits how much it reads from an
// authorization server.
import type { Http } from '#core/http.ts';
import { mostBytes, waitsMs } from '#core/limits.ts';
import type { Fetch } from '#core/ports.ts';

export const fetchOver =
  (http: Pick<Http, 'send'>): Fetch =>
  async (request) => {
    try {
      return await exchange(http, request);
    } catch (fault) {
      // This also keeps the request alive until its answer is complete: Node silently drops a timeout when the Request
      // of its signal has been garbage-collected.
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
      // The request's own signal ends it earlier.
      timeoutMs: waitsMs.answer,
      maxBytes: mostBytes.issuerAnswer,
    },
    request.signal,
  );
  // A 204 must have no body.
  const whole = body.length > 0 ? new Uint8Array(body) : null;
  return new Response(whole, { status, headers: headers.map(([name, value]) => [name, value]) });
}
