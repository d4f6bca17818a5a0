// Turns the event of a REST API (proxy integration, payload 1.0) into the request that an HTTP API's event becomes.
// Whatever cannot be restored is marked, and refused when paths and queries are checked.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { bodyOf } from './body.ts';
import type { HttpRequest } from './message.ts';

type Lists = Record<string, string[] | undefined>;

/** No path or query can hold this character: it marks that something was lost. */
const lost = '\ufffd';

export function restRequest(event: APIGatewayProxyEvent): HttpRequest {
  const { cookie, ...headers } = headersOf(event);
  return {
    id: event.requestContext.requestId,
    method: event.httpMethod.toUpperCase(),
    path: decoded(event.path),
    rawQuery: queryOf((event.multiValueQueryStringParameters as Lists | null) ?? {}),
    headers: Object.fromEntries(Object.entries(headers).map(joined)),
    cookies: (cookie ?? []).flatMap((line) => line.split(/; ?/)).filter(Boolean),
    ...bodyOf(event.body, event.isBase64Encoded, headers['content-length']?.[0]),
  };
}

/** A REST API passes the path on as it was sent, without the stage. An HTTP API decodes it once, and so does this. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path + lost;
  }
}

/**
 * The event does not hold the query, only its names and values, read as a form. They are written again, with %20 for a
 * space. Values of one name keep their order; `?a` becomes `?a=`, and repeated names move together.
 */
const queryOf = (parameters: Lists): string =>
  Object.entries(parameters)
    .flatMap(([name, values = []]) => values.map((value) => `${encoded(name)}=${encoded(value)}`))
    .join('&');

const encoded = (text: string): string =>
  text.isWellFormed() && !text.includes(lost) ? encodeURIComponent(text) : lost;

/** Names are in lower case: `X-A` and `x-a` are one header. */
function headersOf({ multiValueHeaders, headers }: APIGatewayProxyEvent): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  const given: Lists = multiValueHeaders ?? {};
  const all = multiValueHeaders
    ? Object.entries(given)
    : Object.entries(headers ?? {}).map(([name, value]) => [name, [value ?? '']] as const);
  for (const [name, values = []] of all) {
    const lower = name.toLowerCase();
    lists[lower] = [...(Object.hasOwn(lists, lower) ? (lists[lower] ?? []) : []), ...values];
  }
  return lists;
}

const joined = ([name, values]: [string, string[]]): [string, string] => [name, values.join()];
