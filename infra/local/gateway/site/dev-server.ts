// Puts a developer's own dev server (Vite, Angular, Next) behind the gateway, including its websocket for hot reload,
// so that the app runs on its final origin. Our cookies are not passed on, as CloudFront passes none to the bucket, unless
// the app is rendered on a server.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { comeAgain } from '../starting.ts';
import type { Spa } from './spa.ts';

export function isLoopback(url: URL): boolean {
  return (
    url.protocol === 'http:' &&
    (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname) ||
      url.hostname.endsWith('.localhost'))
  );
}

export function proxyDevServer(target: string, withCookie = false): Spa {
  const origin: Target = { url: new URL(target), withCookie };
  if (!isLoopback(origin.url)) throw new Error(`${target} is not an http URL on this machine`);
  return {
    handle: (request, response) => forward(origin, request, response),
    upgrade: (request, socket, head) => tunnel(origin, request, socket, head),
  };
}

interface Target {
  url: URL;
  withCookie: boolean;
}

function forward(origin: Target, request: IncomingMessage, response: ServerResponse) {
  const outgoing = httpRequest(optionsOf(origin, request), (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  outgoing.on('error', () => {
    if (response.headersSent) return response.destroy();
    const says = `Nothing answers at ${origin.url.origin}. Start your dev server there.`;
    return comeAgain(request, response, { status: 502, title: 'No dev server', says });
  });
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

function tunnel(origin: Target, request: IncomingMessage, socket: Duplex, head: Buffer) {
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

function optionsOf({ url: origin, withCookie }: Target, request: IncomingMessage) {
  return {
    hostname: origin.hostname.replace(/^\[|\]$/g, ''),
    port: origin.port || 80,
    method: request.method,
    path: request.url,
    headers: headersFor(origin, request.rawHeaders, withCookie),
    agent: false as const,
  };
}

function headersFor(origin: URL, raw: string[], withCookie: boolean): string[] {
  const headers: string[] = ['Host', origin.host];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (/^host$/i.test(name)) continue;
    if (!/^cookie$/i.test(name)) headers.push(name, value);
    else if (passedOn(value, withCookie)) headers.push(name, passedOn(value, withCookie));
  }
  return headers;
}

/** A sign-in under way is nobody else's business, whoever renders the pages. */
const passedOn = (cookies: string, withCookie: boolean) =>
  cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => !ours.test(cookie) || (withCookie && ofSession.test(cookie)))
    .join('; ');

const ours = /^__Host-(Http-bff|bff-device)/;
/** The session, and the proof of its device: without both, a server cannot ask for a session that is bound. */
const ofSession = /^__Host-(Http-bff|bff-device) *=/;

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
