// The API behind the broker, for counting what is sent to it.
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export async function countingUpstream() {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const { authorization = '', dpop } = request.headers;
    const proven = authorization.startsWith('DPoP ') && dpop !== undefined;
    response.writeHead(proven ? 200 : 401, { 'content-type': 'application/json' }).end('{}');
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
