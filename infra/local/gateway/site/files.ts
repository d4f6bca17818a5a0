// Serves static files as CloudFront does from the bucket: a path whose last part has no extension is a page of the app
// and gets index.html. The headers are the same, except HSTS, which does not belong on http.
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { contentSecurityPolicy, spaHeaders } from '../../../spa-headers.ts';
import type { Spa, SpaSource } from './spa.ts';

type FilesSource = Extract<SpaSource, { folder: string }>;

export function serveFiles(source: FilesSource): Spa {
  const root = resolve(source.folder);
  const policy = source.contentSecurityPolicy ?? contentSecurityPolicy;
  const headers = () => ({
    ...spaHeaders,
    'content-security-policy': policy(),
    // The file may change at any time; the ETag makes it cheap to ask again.
    'cache-control': 'no-cache',
  });
  return {
    handle: (request, response) => serve(root, headers(), request, response),
    upgrade(_request, socket) {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    },
  };
}

async function serve(
  root: string,
  headers: Record<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const refuse = (status: number, text: string, more: Record<string, string> = {}) => {
    request.resume();
    response.writeHead(status, { ...headers, ...more, 'content-type': types['.txt'] });
    response.end(text);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(405, 'Method Not Allowed\n', { allow: 'GET, HEAD' });
  }
  const file = fileOf(root, request.url ?? '/');
  if (!file) return refuse(400, 'Bad Request\n');
  const body = await readInside(root, file).catch(() => undefined);
  if (!body) return refuse(404, 'Not Found\n');

  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const type = types[extname(file).toLowerCase()] ?? 'application/octet-stream';
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
  if (known?.includes(etag)) {
    response.writeHead(304, { ...headers, etag });
    response.end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    etag,
    'content-type': type,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Returns undefined for an invalid path, or one that leads outside the folder. */
function fileOf(root: string, url: string): string | undefined {
  const path = decode(url.split('?')[0] ?? '/');
  if (!path?.startsWith('/') || path.includes('\0')) return undefined;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const file = resolve(join(root, last.includes('.') ? path : 'index.html'));
  return file.startsWith(root + sep) ? file : undefined;
}

/** Returns undefined for a link that leads outside the folder. */
async function readInside(root: string, file: string): Promise<Buffer | undefined> {
  const [top, real] = await Promise.all([realpath(root), realpath(file)]);
  return real.startsWith(top + sep) ? readFile(real) : undefined;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

const types: Record<string, string> & { '.txt': string } = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};
