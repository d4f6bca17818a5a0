// The public origin on loopback: what DNS and TLS are to a browser. It leads to the distribution, once there is one.
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PublicOrigin {
  url: string;
  /** `host`: a name that the distribution answers under. */
  leadTo(emulator: string, host: string): void;
  close(): Promise<void>;
}

export async function startPublicOrigin(): Promise<PublicOrigin> {
  let target: { emulator: string; host: string } | undefined;
  const server = createServer((request, response) => {
    if (!target) {
      response.statusCode = 503;
      response.end();
      return;
    }
    const onward = httpRequest(
      new URL(request.url ?? '/', target.emulator),
      {
        method: request.method,
        headers: { ...request.headers, host: target.host, 'x-forwarded-proto': 'https' },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    leadTo: (emulator, host) => {
      target = { emulator, host };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
