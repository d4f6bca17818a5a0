// Requests as Node's frameworks pass them, reduced to the parts that are needed. No framework has to be installed for
// its types.
import type { ApiRequest } from '#core/resource-server/request-verifier.ts';

/** The request of the Fetch standard. */
export interface FetchRequest {
  /** The method. */
  readonly method: string;
  /** The whole address. */
  readonly url: string;
  /** The headers. */
  readonly headers: { get(name: string): string | null };
}

/** The request of node:http and node:http2, and so of Express, Connect and Koa's `ctx.req`. */
export interface NodeRequest {
  /** The method. */
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** Express and Fastify keep the path here when a router strips the beginning of it. */
  readonly originalUrl?: string | undefined;
  /** Unlike `headers`, it loses no line: Node drops all but the first Authorization header there. */
  readonly rawHeaders: readonly string[];
  /** Distinguishes http from https. */
  readonly socket?: object | null | undefined;
}

export function apiRequestOf(request: FetchRequest | NodeRequest): ApiRequest {
  if ('rawHeaders' in request) return fromNode(request);
  const lines = (name: string) => {
    const value = request.headers.get(name);
    return value === null ? [] : [value];
  };
  return {
    method: request.method,
    url: request.url,
    authorization: lines('authorization'),
    dpop: lines('dpop'),
  };
}

function fromNode({ method = '', url, originalUrl, rawHeaders, socket }: NodeRequest): ApiRequest {
  const target = originalUrl ?? url ?? '';
  const [host = linesOf(rawHeaders, ':authority')[0]] = linesOf(rawHeaders, 'host');
  const scheme = socket && 'encrypted' in socket && socket.encrypted ? 'https' : 'http';
  return {
    method,
    // Without `trustHost`, only its path counts.
    url: host !== undefined && target.startsWith('/') ? `${scheme}://${host}${target}` : target,
    authorization: linesOf(rawHeaders, 'authorization'),
    dpop: linesOf(rawHeaders, 'dpop'),
  };
}

/** `rawHeaders` lists name, value, name, value. */
function linesOf(rawHeaders: readonly string[], name: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [key = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (key.length === name.length && key.toLowerCase() === name) lines.push(value);
  }
  return lines;
}
