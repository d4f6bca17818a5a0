// Spring Authorization Server in a process of its own, on loopback, over files in a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadOrigin } from '#test/support/loopback.ts';
import { startFront } from '#test/support/peers/front.ts';
import { type App, type Peer, pathsOf } from '#test/support/peers/peer.ts';
import { meRoute } from '#test/support/peers/visits.ts';
import { behindFront } from '../behind-front.ts';
import { folders } from '../installed.ts';
import { javaOptions, startProcess } from '../process.ts';
import { blocksOf } from '../settings.ts';

const [config = ''] = blocksOf('Spring Authorization Server', 'json');
const { publicOrigin: _, ...documented } = JSON.parse(config);
const clientSecret = 'a-secret-of-the-app';
const judge = { id: 'judge', secret: 'the-secret-of-the-judge' };
const user = { username: 'ada', password: 'a-password-of-ada' };

export async function startSpring(): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), 'spring-'));
  const front = await startFront();
  const issuer = front.origin;
  const url = await deadOrigin();
  const clients = new Map<string, object>();

  const control = async (path: string, body: object = {}) => {
    const answer = await fetch(`${url}/control/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const { start, stop, opened } = behindFront(front, url, {
    start: () =>
      startProcess(
        'java',
        [
          ...javaOptions.split(' '),
          ...[`-Dpeer.folder=${folder}`, `-Dpeer.issuer=${issuer}`],
          ...['-cp', join(folders.spring, '*'), join(import.meta.dirname, 'Server.java')],
          ...['--server.address=127.0.0.1', `--server.port=${new URL(url).port}`],
        ],
        {},
        (printed) => printed.includes('Started Server'),
      ),
    async prepare() {
      for (const client of clients.values()) await control('clients', client);
    },
  });

  clients.set(judge.id, { ...registered({ auth: 'client_secret_basic', origin: url }), ...byName });
  const paths = await opened(() => pathsOf(issuer));
  return {
    issuer,
    front,
    paths,
    user,
    configOf: (clientAuth) => ({
      ...documented,
      issuer,
      clientId: `app-${clientAuth}`,
      clientAuth,
      ...(clientAuth.startsWith('client_secret') && { clientSecret }),
      // Spring does not let a public client push its request.
      ...(clientAuth === 'none' && { par: 'never' }),
      routes: [meRoute(`${front.origin}${paths.userinfo}`)],
    }),
    async admit(app) {
      const client = registered(app);
      clients.set(client.id, client);
      await control('clients', client);
    },
    async isAlive(token) {
      const credentials = Buffer.from(`${judge.id}:${judge.secret}`).toString('base64');
      const answer = await fetch(`${issuer}/oauth2/introspect`, {
        method: 'POST',
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams({ token }),
      });
      return ((await answer.json()) as { active: boolean }).active;
    },
    rotateKeys: () => control('keys'),
    stop,
    start,
    async close() {
      await stop();
      await front.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const byName = { id: judge.id, clientId: judge.id, secret: judge.secret };

const registered = ({ auth, origin, tokenSeconds = 300 }: App) => ({
  // Spring keeps the key set of a client by this id: an app at another origin is another one.
  id: `${auth} ${origin}`,
  clientId: `app-${auth}`,
  method: auth,
  ...(auth === 'private_key_jwt' && { jwksUrl: `${origin}/bff/jwks` }),
  ...(auth.startsWith('client_secret') && { secret: clientSecret }),
  redirectUri: `${origin}/bff/callback`,
  postLogoutRedirectUri: `${origin}/`,
  tokenSeconds: String(tokenSeconds),
});
