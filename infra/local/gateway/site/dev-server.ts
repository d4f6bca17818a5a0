// Puts a developer's own dev server (Vite, Angular, Next) behind the gateway, including its websocket for hot reload,
// so that the app runs on its final origin. Our cookies are not passed on, as CloudFront passes none to the bucket.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Spa } from './spa.ts';

export function isLoopback(url: URL): boolean {
  return (
    url.protocol === 'http:' &&
    (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname) ||
      url.hostname.endsWith('.localhost'))
  );
}

export function proxyDevServer(target: string): Spa {
  const origin = new URL(target);
  if (!isLoopback(origin)) throw new Error(`${target} is not an http URL on this machine`);
  return {
    handle: (request, response) => forward(origin, request, response),
    upgrade: (request, socket, head) => tunnel(origin, request, socket, head),
  };
}

function forward(origin: URL, request: IncomingMessage, response: ServerResponse) {
  const outgoing = httpRequest(optionsOf(origin, request), (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  outgoing.on('error', () => {
    if (response.headersSent) return response.destroy();
    request.resume();
    response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
    return response.end(`Nothing answers at ${origin.origin}. Start your dev server there.\n`);
  });
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

function tunnel(origin: URL, request: IncomingMessage, socket: Duplex, head: Buffer) {
  const outgoing = httpRequest(optionsOf(origin, request));
  socket.on('error', () => outgoing.destroy());
  socket.on('close', () => outgoing.destroy());
  outgoing.on('error', () => {
    socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  outgoing.on('response', (answer) => {
    socket.write(headOf(answer));
    answer.pipe(socket);
  });
  outgoing.on('upgrade', (answer, upstream, first) => {
    socket.write(headOf(answer));
    socket.write(first);
    upstream.write(head);
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.pipe(socket).pipe(upstream);
  });
  outgoing.end();
}

function optionsOf(origin: URL, request: IncomingMessage) {
  return {
    hostname: origin.hostname.replace(/^\[|\]$/g, ''),
    port: origin.port || 80,
    method: request.method,
    path: request.url,
    headers: headersFor(origin, request.rawHeaders),
    agent: false as const,
  };
}

function headersFor(origin: URL, raw: string[]): string[] {
  const headers: string[] = ['Host', origin.host];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (/^host$/i.test(name)) continue;
    if (!/^cookie$/i.test(name)) headers.push(name, value);
    else if (withoutOurs(value)) headers.push(name, withoutOurs(value));
  }
  return headers;
}

const withoutOurs = (cookies: string) =>
  cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => !cookie.startsWith('__Host-Http-bff'))
    .join('; ');

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
