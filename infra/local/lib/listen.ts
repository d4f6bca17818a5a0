// Listens on this machine only, over IPv4 and, if available, IPv6: browsers try both for localhost.
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

export interface Listening {
  port: number;
  close(): Promise<void>;
}

export class PortTaken extends Error {
  readonly port: number;
  readonly whose: string;
  constructor(port: number, whose: string) {
    super(`port ${port} is taken`);
    this.name = 'PortTaken';
    this.port = port;
    this.whose = whose;
  }
}

/** What TLS needs. */
export type KeyAndCert = Required<Pick<SecureContextOptions, 'key' | 'cert'>>;

/** `prepare` puts the handlers on each server; port 0 takes any free port. With a certificate, TLS. */
export async function listenLocally(
  whose: string,
  port: number,
  options: ServerOptions & { tls?: KeyAndCert | undefined },
  prepare: (server: Server) => void,
): Promise<Listening> {
  const { tls, ...plain } = options;
  const servers: Server[] = [];
  const open = async (host: string, at: number) => {
    const server: Server = tls ? createTlsServer({ ...plain, ...tls }) : createServer(plain);
    prepare(server);
    await listen(server, at, host);
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const close = async () => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    const opened = await open('127.0.0.1', port);
    await open('::1', opened).catch((error: NodeJS.ErrnoException) => {
      // Without IPv6, nobody can connect there. When any port may be used, one address is enough.
      if (error.code === 'EADDRINUSE' && port !== 0) throw error;
    });
    return { port: opened, close };
  } catch (error) {
    await close();
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      ? new PortTaken(port, whose)
      : error;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: host === '::1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
