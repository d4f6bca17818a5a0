// The platform's fetch, for the core. A time-out is a signal of the Request, and Node forgets it without a word when the
// Request is collected as garbage before the answer is complete: then nothing ends the wait. So it is held until then.
import type { Fetch } from '../core/ports.ts';

const underWay = new Set<Request>();

export const heldFetch: Fetch = async (request) => {
  underWay.add(request);
  try {
    const answer = await fetch(request);
    const { status, headers } = answer;
    const body = await answer.arrayBuffer();
    // A 204 must have none.
    return new Response(body.byteLength > 0 ? body : null, { status, headers });
  } finally {
    underWay.delete(request);
  }
};
