// A refusal as the answer to its request.
import type { Refused } from '#core/resource-server/request-verifier.ts';

/** The response of node:http, and so of Express. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
}

/** The answer to a request that is refused, for the Fetch standard. */
export function refusalResponse({ status, headers, body }: Refused): Response {
  return Response.json(body, { status, headers });
}

/** The same for node:http. */
export function sendRefusal(response: NodeResponse, { status, headers, body }: Refused): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
