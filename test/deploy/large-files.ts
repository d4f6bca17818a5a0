// An API whose answers are larger than what a Lambda function may answer at once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const largeBytes = 8_000_000;

export async function largeFiles() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(Buffer.alloc(largeBytes, 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/files`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
