// Puts a script into the pages of a developer's own app, on their way to the browser. Only documents are touched, and
// only on this machine.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export const injected =
  (app: RequestListener, markup: string): RequestListener =>
  (request, response) => {
    if (request.headers['sec-fetch-dest'] === 'document') {
      plain(request);
      rewrite(response, markup);
    }
    app(request, response);
  };

/** A page that is compressed, or that the browser has already, cannot be changed. */
function plain(request: IncomingMessage): void {
  const unwanted = /^(accept-encoding|if-none-match|if-modified-since)$/i;
  const kept: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(at, at + 2);
    if (unwanted.test(name)) delete request.headers[name.toLowerCase()];
    else kept.push(name, value);
  }
  request.rawHeaders = kept;
}

type Head = [status: number, headers: [string, string][]];

function rewrite(response: ServerResponse, markup: string): void {
  const { writeHead, write, end } = response;
  const chunks: Buffer[] = [];
  let head: Head | undefined;
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  response.writeHead = ((status: number, ...more: unknown[]) => {
    const headers = pairs(more.at(-1));
    const type = headers.find(([name]) => /^content-type$/i.test(name))?.[1] ?? '';
    if (/^text\/html\b/i.test(type)) {
      head = [
        status,
        headers.filter(([name]) => !/^(content-length|etag|transfer-encoding)$/i.test(name)),
      ];
      return response;
    }
    Object.assign(response, { writeHead, write, end });
    return writeHead.call(response, status, headers.flat() as never);
  }) as typeof response.writeHead;
  response.write = ((chunk: unknown) => {
    keep(chunk);
    return true;
  }) as typeof response.write;
  response.end = ((chunk?: unknown) => {
    keep(chunk);
    Object.assign(response, { writeHead, write, end });
    const page = withMarkup(Buffer.concat(chunks).toString('utf8'), markup);
    if (head) response.writeHead(head[0], head[1].flat());
    return response.end(page);
  }) as typeof response.end;
}

function pairs(given: unknown): [string, string][] {
  if (!Array.isArray(given)) return Object.entries((given ?? {}) as Record<string, string>);
  return given.flatMap((name, at) =>
    at % 2 === 0 ? [[name, given[at + 1]] as [string, string]] : [],
  );
}

function withMarkup(page: string, markup: string): string {
  const at = page.search(/<\/head>/i);
  return at < 0 ? page + markup : page.slice(0, at) + markup + page.slice(at);
}
