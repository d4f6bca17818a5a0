// An API behind express-oauth2-jwt-bearer, where that and Express are installed.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { judge } from '#test/support/judges.ts';
import { type Front, startFront } from './front.ts';

type Handler = (...args: never[]) => unknown;
interface App {
  use(...handlers: Handler[]): void;
  listen(port: number, host: string, ready: () => void): Server;
}
const express = await judge<{ default: () => App }>('express', 'index.js');
const bearer = await judge<{ auth(options: object): Handler }>(
  'express-oauth2-jwt-bearer',
  'dist/index.js',
);

export const expressIsHere = express !== undefined && bearer !== undefined;

export async function startExpressApi(trusted: {
  issuer: string;
  audience: string;
  jwksUri: string;
  tokenSigningAlg: string;
}): Promise<{ front: Front; close(): Promise<void> }> {
  if (!express || !bearer) throw new Error('express-oauth2-jwt-bearer is not installed');
  const app = express.default();
  app.use(bearer.auth({ ...trusted, dpop: { enabled: true, required: true } }));
  app.use(
    (
      { auth }: { auth: { payload: { sub: string } } },
      response: { json(body: object): void },
      _next: never,
    ) => response.json({ sub: auth.payload.sub }),
  );
  const server = await new Promise<Server>((resolve) => {
    const starting = app.listen(0, '127.0.0.1', () => resolve(starting));
  });
  const front = await startFront();
  front.leadTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    front,
    async close() {
      await front.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
