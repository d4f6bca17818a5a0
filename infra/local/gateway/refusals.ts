// What the gateway refuses by itself: a name that is not this machine's, and connections that no API takes.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { gatewayAnswer } from './http-api/answer.ts';
import { schemeOf } from './request.ts';

export function misdirected(request: IncomingMessage, response: ServerResponse) {
  request.resume();
  response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(
    `This is not the app's address. Open ${schemeOf(request)}://localhost:${request.socket.localPort}, or give the origin by which ` +
      'you reach it as publicOrigin in the configuration.\n',
  );
}

export function refuse(socket: Duplex, status: keyof typeof reasons, message?: string) {
  if (!socket.writable) return void socket.destroy();
  const { body } = gatewayAnswer(status, message);
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const reasons = {
  400: 'Bad Request',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
} as const;
