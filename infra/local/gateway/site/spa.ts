// The single-page app on the same origin: files from a folder, or a developer's own dev server.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { proxyDevServer } from './dev-server.ts';
import { serveFiles } from './files.ts';

export type SpaSource =
  | {
      folder: string;
      /** Asked for every file, because the issuer may be known later than the app. */
      contentSecurityPolicy?: () => string;
    }
  /** Must be on this machine. */
  | {
      url: string;
      /** For an app that is rendered on a server: it asks the broker in the user's name, with the user's cookie. */
      withCookie?: boolean;
    };

export interface Spa {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> | void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export function createSpa(source: SpaSource | undefined): Spa {
  if (!source) return nothing;
  return 'url' in source ? proxyDevServer(source.url, source.withCookie) : serveFiles(source);
}

const nothing: Spa = {
  handle(_request, response) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('There is no app here. Start with --spa <folder or URL>.\n');
  },
  upgrade(_request, socket) {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  },
};
