// Keycloak in a process of its own, on loopback, over a database in a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { deadOrigin } from '#test/support/loopback.ts';
import { startFront } from '#test/support/peers/front.ts';
import { type Peer, pathsOf } from '#test/support/peers/peer.ts';
import { meRoute } from '#test/support/peers/visits.ts';
import { behindFront } from '../behind-front.ts';
import { folders } from '../installed.ts';
import { javaOptions, startProcess } from '../process.ts';
import { type Admin, adminAt, administrator } from './admin.ts';
import { clientOf, configOf, realm, user } from './realm.ts';

export type Keycloak = Peer & { admin: Admin };

export async function startKeycloak(): Promise<Keycloak> {
  const folder = await mkdtemp(join(tmpdir(), 'keycloak-'));
  const front = await startFront();
  const issuer = `${front.origin}/realms/${realm}`;
  const url = await deadOrigin();
  const management = await deadOrigin();
  const { start, stop, opened } = behindFront(front, url, {
    start: () =>
      startProcess(
        'sh',
        [
          join(folders.keycloak, 'bin/kc.sh'),
          'start',
          '--optimized',
          '--cache=local',
          '--http-enabled=true',
          '--http-host=127.0.0.1',
          `--http-port=${new URL(url).port}`,
          '--http-management-host=127.0.0.1',
          `--http-management-port=${new URL(management).port}`,
          `--hostname=${front.origin}`,
          '--hostname-backchannel-dynamic=false',
          `--db-url=jdbc:h2:file:${folder}/h2;NON_KEYWORDS=VALUE`,
        ],
        {
          JAVA_OPTS_KC_HEAP: javaOptions,
          KC_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
          KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
        },
        (printed) => printed.includes('Listening on: '),
      ),
  });

  const admin = adminAt(url);
  const paths = await opened(async () => {
    await admin.createRealm();
    return pathsOf(issuer);
  });
  return {
    issuer,
    front,
    paths,
    user,
    admin,
    configOf: (auth) => configOf(auth, issuer, [meRoute(`${front.origin}${paths.userinfo}`)]),
    admit: (app) => admin.putClient(clientOf(app)),
    // Keycloak keeps no refresh tokens: one is alive while its client takes part in its session.
    async isAlive(token) {
      const { sid, azp } = decodeJwt<{ sid: string; azp: string }>(token);
      return (await admin.clientsIn(sid, user.username)).includes(azp);
    },
    rotateKeys: () => admin.newKey(),
    stop,
    start,
    async close() {
      await stop();
      await front.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
