// Where install.ts puts the servers, and what the tests say where it did not.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const versions = { keycloak: '26.7.3', spring: '4.1.2', quarkus: '3.33.2' };

const folder =
  process.env.BFF_TEST_PEERS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'okta-dpop-bff', 'peers');

export const folders = {
  root: folder,
  keycloak: join(folder, `keycloak-${versions.keycloak}`),
  spring: join(folder, `spring-boot-${versions.spring}`),
  quarkus: join(folder, `quarkus-${versions.quarkus}`),
};

export type Server = keyof typeof versions;

/** Written last, so that half an installation is none. */
export const markOf = (server: Server): string => join(folders[server], 'installed');

const hasJava = (process.env.PATH ?? '').split(':').some((path) => existsSync(join(path, 'java')));

export const isInstalled = (server: Server): boolean => hasJava && existsSync(markOf(server));
