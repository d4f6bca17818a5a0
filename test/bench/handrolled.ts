// What a careful engineer writes instead of us: Fastify and openid-client in one process, with the key and the
// sessions in memory. It keeps our contract for one route: cookie, CSRF header, fresh proof, filtered headers.
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import {
  allowInsecureRequests,
  Configuration,
  fetchProtectedResource,
  getDPoPHandle,
  randomDPoPKeyPair,
} from 'openid-client';
import { serve } from './child.ts';

serve(async ({ upstream }: { upstream: string }) => {
  const sessions = new Map<string, { accessToken: string; expiresAt: number }>();
  const config = new Configuration({ issuer: upstream }, 'bench');
  allowInsecureRequests(config);
  const DPoP = getDPoPHandle(config, await randomDPoPKeyPair('ES256'));
  const passedOn = ['content-type', 'etag', 'last-modified', 'link'];

  const app = fastify();
  app.get('/bff/api/*', async (request, reply) => {
    const cookie = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const session = sessions.get(cookie);
    if (request.headers['x-bff-csrf'] !== '1') return reply.code(403).send();
    if (!session || session.expiresAt < Date.now()) return reply.code(401).send();
    const url = new URL(`${upstream}/${(request.params as { '*': string })['*']}`);
    const headers = new Headers({ accept: request.headers.accept ?? '*/*' });
    const answer = await fetchProtectedResource(
      config,
      session.accessToken,
      url,
      'GET',
      undefined,
      headers,
      { DPoP },
    );
    reply.code(answer.status).header('cache-control', 'no-store');
    for (const name of passedOn) {
      const value = answer.headers.get(name);
      if (value) reply.header(name, value);
    }
    return reply.send(Buffer.from(await answer.arrayBuffer()));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });

  const session = randomBytes(32).toString('base64url');
  sessions.set(session, {
    accessToken: randomBytes(600).toString('base64url'),
    expiresAt: Date.now() + 3_600_000,
  });
  const { port } = app.server.address() as AddressInfo;
  return {
    ready: { url: `http://127.0.0.1:${port}`, session },
    answer: async () => process.cpuUsage(),
  };
});
