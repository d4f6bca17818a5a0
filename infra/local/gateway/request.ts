// What both kinds of API read from a request, and the limits that they share.
import type { IncomingMessage } from 'node:http';

const maxHeaderBytes = 10_240;
const maxBodyBytes = 10 * 1024 * 1024;
const methods = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

export interface Head {
  method: string;
  /** Both as they were sent. */
  path: string;
  query: string;
}

/**
 * How the bytes of a header become text. Node reads Latin-1; functions behind API Gateway have been seen to get UTF-8.
 * A test that tries both shows that both are safe.
 */
export type HeaderDecoding = 'latin1' | 'utf8';

export const rawHeadersOf = (
  { rawHeaders }: IncomingMessage,
  decoding: HeaderDecoding = 'latin1',
): string[] =>
  decoding === 'utf8'
    ? rawHeaders.map((part) => Buffer.from(part, 'latin1').toString('utf8'))
    : rawHeaders;

export const schemeOf = ({ socket }: IncomingMessage): 'http' | 'https' =>
  'encrypted' in socket ? 'https' : 'http';

/** A number is the status of a refusal. */
export function readHead(request: IncomingMessage): Head | 400 | 405 | 431 {
  const { method = 'GET', url = '/' } = request;
  if (headerBytes(request) > maxHeaderBytes) return 431;
  if (!methods.has(method)) return 405;
  const target = splitTarget(url);
  return target ? { method, ...target } : 400;
}

export function readBody(request: IncomingMessage): Promise<Buffer | 400 | 413> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return Promise.resolve(413);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) resolve(413);
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('close', () => resolve(400));
  });
}

/** Returns undefined unless the target is in origin form and plain ASCII. */
function splitTarget(url: string): { path: string; query: string } | undefined {
  if (!/^\/[\x21\x22\x24-\x7e]*$/.test(url)) return undefined;
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const requestLine = `${method} ${url} HTTP/1.1\r\n`.length;
  // Two strings per header: a colon and a space follow the first, an end of line the second.
  return rawHeaders.reduce((sum, part) => sum + part.length + 2, requestLine);
}
