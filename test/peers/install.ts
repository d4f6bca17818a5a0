// `npm run peers:install`: fetches the servers of test:peers through Maven, outside the tree and once for all runs. What
// cannot be had is said, and is no failure: its tests are skipped.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folders, isInstalled, markOf, type Server, versions } from './installed.ts';

const patienceMs = 300_000;

// Maven leaves a mark where it runs, if that is no project.
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    cwd: folders.root,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: patienceMs,
  });

const maven = (...args: string[]) => run('mvn', '-q', '-B', ...args);

const installers: Record<Server, () => void> = {
  keycloak() {
    const artifact = `org.keycloak:keycloak-quarkus-dist:${versions.keycloak}:zip`;
    maven('dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${folders.root}`);
    // It is made once for this database, and starts in half the time.
    run('sh', join(folders.keycloak, 'bin/kc.sh'), 'build', '--db=dev-file');
  },
  spring() {
    const pom = join(import.meta.dirname, 'spring/pom.xml');
    maven('-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folders.spring}`);
  },
  quarkus() {
    const pom = join(import.meta.dirname, 'quarkus/pom.xml');
    maven('-f', pom, 'package', '-DskipTests', `-DbuildDirectory=${folders.quarkus}`);
  },
};

mkdirSync(folders.root, { recursive: true });
for (const server of Object.keys(installers) as Server[]) {
  if (isInstalled(server)) continue;
  try {
    console.log(`installing ${server} ${versions[server]}`);
    rmSync(folders[server], { recursive: true, force: true });
    installers[server]();
    writeFileSync(markOf(server), '');
  } catch (fault) {
    const { code, stderr } = fault as { code?: string; stderr?: Buffer };
    const why = code ?? stderr?.toString().trim().split('\n')[0] ?? '';
    console.log(`${server}: not installed (${why})`);
  }
}
